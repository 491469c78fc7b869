/** The end of one piece of work: when its time is over, or when its caller gives up, whatever the worker does. */

/** Work that keeps showing progress may take this many times its timeout. */
const PROGRESS_FACTOR = 10;

/** The longest that a timer can wait; a longer one would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

export type DeadlineEnd = "cancelled" | "timeout";

/** What `race` rejects with. It never leaves this package: it becomes the error of the work that was ended. */
export class DeadlineReached extends Error {
  readonly end: DeadlineEnd;

  constructor(end: DeadlineEnd) {
    super(end);
    this.end = end;
  }
}

export class Deadline implements Disposable {
  readonly timeoutMs: number;
  readonly #caller: AbortSignal;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout;
  #lastMs: number;
  #holds = 0;
  readonly #cancel = (): void => this.#reach("cancelled");
  #end: DeadlineEnd | undefined;

  constructor(caller: AbortSignal, timeoutMs: number) {
    this.timeoutMs = timeoutMs;
    this.#caller = caller;
    this.#lastMs = performance.now() + timeoutMs * PROGRESS_FACTOR;
    this.#timer = this.#newTimer();
    if (caller.aborted) this.#cancel();
    else caller.addEventListener("abort", this.#cancel, { once: true });
  }

  /** Aborted at the end, with its kind as the reason: the caller's own reason is nobody else's business. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get end(): DeadlineEnd | undefined {
    return this.#end;
  }

  /** The worker lives: its time starts anew, within the longest time. */
  restart(): void {
    if (this.#end === undefined && this.#holds === 0 && performance.now() < this.#lastMs) this.#timer.refresh();
  }

  /** While a person thinks, the time stands still; it starts anew when the hold is disposed of. The caller can give up meanwhile. */
  hold(): Disposable {
    const startMs = performance.now();
    this.#holds += 1;
    clearTimeout(this.#timer);
    return { [Symbol.dispose]: () => this.#release(startMs) };
  }

  /** The result of the work, or a rejection with DeadlineReached at the end; the work is left to itself then. */
  async race<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this.#controller;
    const { promise, reject } = Promise.withResolvers<never>();
    const give = (): void => reject(new DeadlineReached(this.#end ?? "cancelled"));
    if (signal.aborted) give();
    else signal.addEventListener("abort", give, { once: true });
    try {
      return await Promise.race([work, promise]);
    } finally {
      signal.removeEventListener("abort", give);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener("abort", this.#cancel);
  }

  #release(heldFromMs: number): void {
    this.#holds -= 1;
    this.#lastMs += performance.now() - heldFromMs;
    if (this.#holds === 0 && this.#end === undefined) this.#timer = this.#newTimer();
  }

  #newTimer(): NodeJS.Timeout {
    return setTimeout(() => this.#reach("timeout"), Math.min(this.timeoutMs, TIMER_MS_MAX));
  }

  #reach(end: DeadlineEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearTimeout(this.#timer);
    this.#controller.abort(end);
  }
}
