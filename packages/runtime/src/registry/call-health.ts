/**
 * How the calls of one tool, or of one server, have gone lately: fed by the calls themselves at a constant cost, in memory
 * only. The breaker says whether it is worth calling now; it never refuses a call that has nothing in its place.
 */
import { ToolCallError } from "@agentmesh/ports";

/** The newest calls that latency and error rate are taken from. */
const WINDOW = 128;
/** Failures of the connection in a row that open the breaker. */
const FAILURES_MAX = 5;
/** How long it stays open before one call may try. */
const OPEN_MS = 10_000;
/** What says that the server, and not the call, is in trouble. */
const TROUBLE: ReadonlySet<string> = new Set([
  "AM_TOOL_TIMEOUT",
  "AM_TOOL_DISCONNECTED",
  "AM_TOOL_UNAVAILABLE",
  "AM_TOOL_PROTOCOL",
]);

export type BreakerState = "closed" | "open" | "half-open";

export interface HealthReport {
  /** Since the mesh was opened. */
  readonly calls: number;
  /** Of the newest calls: the part that failed, from 0 to 1. Absent, like the latencies, while there is none. */
  readonly errorRate?: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly breaker: BreakerState;
}

export class CallHealth {
  readonly #nowMs: () => number;
  /** In milliseconds; less than 0 for a call that failed. */
  readonly #window = new Float64Array(WINDOW);
  #calls = 0;
  #failuresInARow = 0;
  #openedAtMs: number | undefined;

  /** `nowMs`: a clock that never goes back. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get breaker(): BreakerState {
    if (this.#openedAtMs === undefined) return "closed";
    return this.#nowMs() - this.#openedAtMs < OPEN_MS ? "open" : "half-open";
  }

  /** Tells how a call has ended that began at `beganMs`; what was cancelled says nothing. */
  note(beganMs: number, error?: unknown): void {
    const code = error instanceof ToolCallError ? error.code : undefined;
    if (code === "AM_TOOL_CANCELLED" || code === "AM_TOOL_DRIFTED") return;
    const tookMs = Math.max(0, this.#nowMs() - beganMs);
    this.#window[this.#calls++ % WINDOW] = error === undefined ? tookMs : -1 - tookMs;
    if (code === undefined || !TROUBLE.has(code)) this.#recover();
    else this.#fail();
  }

  report(): HealthReport {
    const newest = [...this.#window.subarray(0, Math.min(this.#calls, WINDOW))];
    if (newest.length === 0) return { calls: 0, breaker: this.breaker };
    const failed = newest.filter((value) => value < 0).length;
    const sorted = newest.map((value) => (value < 0 ? -1 - value : value)).toSorted((left, right) => left - right);
    const errorRate = failed / newest.length;
    return { calls: this.#calls, errorRate, p50Ms: at(sorted, 0.5), p95Ms: at(sorted, 0.95), breaker: this.breaker };
  }

  /** Whoever answers, were it with a failure, is there. */
  #recover(): void {
    this.#failuresInARow = 0;
    this.#openedAtMs = undefined;
  }

  /** A probe that fails keeps it open for as long again. */
  #fail(): void {
    this.#failuresInARow++;
    if (this.#failuresInARow >= FAILURES_MAX) this.#openedAtMs = this.#nowMs();
  }
}

/** To a thousandth of a millisecond. */
function at(sorted: readonly number[], part: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? 0;
  return Math.round(value * 1_000) / 1_000;
}
