/** The time of a run that is replayed: moves from event to event, as fast as was asked for. */
import { setTimeout as sleep } from "node:timers/promises";

/** How much of a pause is kept. `fit`: no pause is long, nor the whole. A factor: that many times as fast. */
export type ReplaySpeed = "fit" | "max" | number;

/** The longest pause, and all pauses together, where nobody says how fast; in milliseconds. */
const PAUSE_MS_MAX = 500;
const TOTAL_MS_MAX = 20_000;

/** The pauses before each of these moments (milliseconds), the first one included: it has none. */
export function replayPauses(atMs: readonly number[], speed: ReplaySpeed): readonly number[] {
  const gaps = atMs.map((at, index) => Math.max(0, at - (atMs[index - 1] ?? at)));
  if (speed === "max") return gaps.map(() => 0);
  if (speed !== "fit") return gaps.map((gap) => gap / speed);
  const short = gaps.map((gap) => Math.min(gap, PAUSE_MS_MAX));
  const total = short.reduce((sum, pause) => sum + pause, 0);
  return total <= TOTAL_MS_MAX ? short : short.map((pause) => (pause * TOTAL_MS_MAX) / total);
}

export class ReplayClock {
  #atMs: number;
  /** While time passes: from when, how far, and how long that takes on the wall. */
  #passing: { readonly startedAt: number; readonly gapMs: number; readonly pauseMs: number } | undefined;

  constructor(atMs: number) {
    this.#atMs = atMs;
  }

  nowMs = (): number => {
    if (this.#passing === undefined) return this.#atMs;
    const { startedAt, gapMs, pauseMs } = this.#passing;
    return this.#atMs + gapMs * Math.min(1, (performance.now() - startedAt) / pauseMs);
  };

  /** Goes to a moment of the run within a pause on the wall. Rejects when the signal aborts. */
  async pass(toMs: number, pauseMs: number, signal: AbortSignal): Promise<void> {
    if (pauseMs > 0) {
      this.#passing = { startedAt: performance.now(), gapMs: Math.max(0, toMs - this.#atMs), pauseMs };
      await sleep(pauseMs, undefined, { signal });
      this.#passing = undefined;
    }
    this.#atMs = Math.max(this.#atMs, toMs);
  }
}
