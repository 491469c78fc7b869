/** When the whole run was held up: by a question about its plan or budget, or because no process drove it. */
import type { Waits } from "./trace-span.ts";

export type HoldCause = "approval" | "budget" | "recovery";

interface Hold {
  readonly cause: HoldCause;
  readonly startMs: number;
  endMs: number;
  /** How long the run was held up before, by cause. */
  readonly before: Readonly<Record<HoldCause, number>>;
}

/** Holds never overlap: among those that are open at once the first counts. */
export class HeldTime {
  readonly #holds: Hold[] = [];
  readonly #open = new Set<HoldCause>();

  begin(cause: HoldCause, atMs: number): void {
    const isFirst = this.#open.size === 0;
    this.#open.add(cause);
    if (isFirst) this.#push(cause, atMs, Number.POSITIVE_INFINITY);
  }

  end(cause: HoldCause, atMs: number): void {
    if (!this.#open.delete(cause)) return;
    const last = this.#holds.at(-1);
    if (last?.cause !== cause) return;
    last.endMs = atMs;
    const [next] = this.#open;
    if (next !== undefined) this.#push(next, atMs, Number.POSITIVE_INFINITY);
  }

  endAll(atMs: number): void {
    const last = this.#holds.at(-1);
    if (this.#open.size > 0 && last !== undefined) last.endMs = atMs;
    this.#open.clear();
  }

  /** A hold that is known only once it is over. */
  add(cause: HoldCause, startMs: number, endMs: number): void {
    if (this.#open.size === 0) this.#push(cause, startMs, endMs);
  }

  /** Time of each cause between two times; costs the logarithm of the number of holds. */
  within(startMs: number, endMs: number): Waits {
    const from = this.#totalAt(startMs);
    const to = this.#totalAt(endMs);
    const waits: Waits = {};
    for (const cause of ["approval", "budget", "recovery"] as const)
      if (to[cause] > from[cause]) waits[cause] = to[cause] - from[cause];
    return waits;
  }

  #push(cause: HoldCause, startMs: number, endMs: number): void {
    this.#holds.push({ cause, startMs, endMs, before: this.#totalAt(startMs) });
  }

  #totalAt(atMs: number): Readonly<Record<HoldCause, number>> {
    const hold = this.#lastBefore(atMs);
    if (hold === undefined) return { approval: 0, budget: 0, recovery: 0 };
    const { cause, startMs, endMs, before } = hold;
    return { ...before, [cause]: before[cause] + Math.min(atMs, endMs) - startMs };
  }

  /** The last hold that began at this time or before. */
  #lastBefore(atMs: number): Hold | undefined {
    let low = 0;
    let high = this.#holds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#holds[middle]?.startMs ?? 0) <= atMs) low = middle + 1;
      else high = middle;
    }
    return this.#holds[low - 1];
  }
}
