/** Where runs are killed: every write and every call of every reference run, and again while they recover. */
import { CALL_POSITIONS, type Kill, KILL_POSITIONS, type KillPosition, STORE_POSITIONS } from "./kill-switch.ts";
import type { SubjectReport } from "./subject-order.ts";

export interface KillPoint {
  readonly reference: string;
  /** The first one during the run, each further one during the recovery from the one before. */
  readonly kills: readonly [Kill, ...Kill[]];
}

/** What an undisturbed run has done. */
export interface Measure extends SubjectReport {
  readonly reference: string;
}

const SECOND_DEATHS_MAX = 2;

/** Every point once, and once more with recoveries that are killed too, where the seed says. */
export function allPoints(measures: readonly Measure[], seed: number): readonly KillPoint[] {
  const once = measures.flatMap(pointsOf);
  const chance = chanceFrom(seed);
  const reach = new Map(measures.map((measure) => [measure.reference, measure]));
  return [
    ...once,
    ...once.map(({ reference, kills }): KillPoint => ({
      reference,
      kills: [kills[0], ...recoveryKills(reach.get(reference), chance)],
    })),
  ];
}

/** As many as asked for, drawn by the seed; the kinds of positions take turns, so that few points see all of them. */
export function samplePoints(points: readonly KillPoint[], count: number, seed: number): readonly KillPoint[] {
  const chance = chanceFrom(seed);
  const byPosition = Map.groupBy(shuffled(points, chance), ({ kills }) => kills[0].position);
  const sampled: KillPoint[] = [];
  while (sampled.length < Math.min(count, points.length)) {
    for (const position of KILL_POSITIONS) {
      const next = byPosition.get(position)?.pop();
      if (next !== undefined && sampled.length < count) sampled.push(next);
    }
  }
  return sampled;
}

export function describePoint({ reference, kills }: KillPoint): string {
  return `${reference}: ${kills.map(({ position, at }) => `${position} ${at}`).join(", then ")}`;
}

function pointsOf({ reference, writes, calls }: Measure): readonly KillPoint[] {
  const around = (positions: readonly KillPosition[], count: number): readonly KillPoint[] =>
    positions.flatMap((position) =>
      Array.from({ length: count }, (_, index): KillPoint => ({ reference, kills: [{ position, at: index + 1 }] })),
    );
  return [...around(STORE_POSITIONS, writes), ...around(CALL_POSITIONS, calls)];
}

/** Recovery is short: most of these are reached. */
function recoveryKills(measure: Measure | undefined, chance: () => number): readonly Kill[] {
  const deaths = 1 + Math.floor(chance() * SECOND_DEATHS_MAX);
  return Array.from({ length: deaths }, () => {
    const position = KILL_POSITIONS[Math.floor(chance() * KILL_POSITIONS.length)] ?? "before-append";
    const isCall = (CALL_POSITIONS as readonly string[]).includes(position);
    const reach = Math.ceil(((isCall ? measure?.calls : measure?.writes) ?? 1) / (isCall ? 4 : 3));
    return { position, at: 1 + Math.floor(chance() * reach) };
  });
}

function shuffled<Item>(items: readonly Item[], chance: () => number): Item[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(chance() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
function chanceFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
