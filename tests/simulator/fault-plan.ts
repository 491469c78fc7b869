/** Which faults strike a simulation, and when: drawn beforehand, counted in things that happen, so that no instant is safe. */
import type { Chance } from "./chance.ts";

/**
 * `work`: before any timer, immediate or answer. `before-commit`, `after-commit`: the second is not acknowledged.
 * `effect`: the tool has done it, its answer is under way. `receipt`: the answer is in, nothing is stored. `publish`: a
 * listener is being told. `launch`: the event is durable, its call is about to be made.
 */
export type FaultPoint = "work" | "before-commit" | "after-commit" | "effect" | "receipt" | "publish" | "launch";

export type FaultKind = "crash" | "stop" | "fail-commit" | "fail-begin";

export interface Fault {
  readonly kind: FaultKind;
  readonly point: FaultPoint;
  /** How many more such points are passed unharmed. */
  left: number;
  /** For a stop: how long. For a lock that is held: how often it is met. */
  readonly extent: number;
  readonly code: number;
}

const POINTS: Readonly<Record<FaultPoint, number>> = {
  work: 3,
  "before-commit": 3,
  "after-commit": 3,
  effect: 3,
  receipt: 2,
  publish: 2,
  launch: 2,
};

/** How far into the run a fault may strike, in points of its kind. */
const REACH: Readonly<Record<FaultPoint, number>> = {
  work: 60,
  "before-commit": 25,
  "after-commit": 25,
  effect: 8,
  receipt: 8,
  publish: 40,
  launch: 10,
};

const SQLITE_BUSY = 5;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;

/** Strikes one fault after the other: the next one is counted from when the one before has struck. */
export class FaultPlan {
  readonly #faults: Fault[];

  constructor(chance: Chance) {
    const crashes = Number(chance.weighted({ "0": 30, "1": 35, "2": 22, "3": 13 }));
    const faults = Array.from({ length: crashes }, (_, index) => crash(chance, index));
    if (chance.percent(14)) faults.push(stop(chance));
    if (chance.percent(16)) faults.push(brokenCommit(chance));
    this.#faults = faults
      .map((fault) => ({ fault, place: chance.unit() }))
      .sort((left, right) => left.place - right.place)
      .map(({ fault }) => fault);
  }

  /** The fault that strikes here, if one does. */
  strike(point: FaultPoint): Fault | undefined {
    const [next] = this.#faults;
    if (next?.point !== point) return undefined;
    if (next.left-- > 0) return undefined;
    this.#faults.shift();
    return next;
  }
}

function crash(chance: Chance, index: number): Fault {
  const point = chance.weighted(POINTS);
  // The second and third mostly strike while the run is being taken over.
  const reach = index > 0 && chance.percent(60) ? 4 : REACH[point];
  return { kind: "crash", point, left: chance.between(0, reach), extent: 0, code: 0 };
}

function stop(chance: Chance): Fault {
  return { kind: "stop", point: "work", left: chance.between(0, 50), extent: chance.between(1_000, 60_000), code: 0 };
}

function brokenCommit(chance: Chance): Fault {
  const left = chance.between(0, 20);
  if (chance.percent(50))
    return { kind: "fail-begin", point: "before-commit", left, extent: chance.between(1, 60), code: SQLITE_BUSY };
  const code = chance.pick([SQLITE_FULL, SQLITE_IOERR]);
  return { kind: "fail-commit", point: "before-commit", left, extent: 0, code };
}
