/**
 * The calls of functions that are under way. One that is over within its turn of the event loop, as most are, costs no timer
 * and no listener: only what outlasts the turn, or tells its progress, gets a deadline.
 */
import type { ToolCallOptions } from "@agentmesh/ports";
import { Deadline, type DeadlineEnd } from "../tool/deadline.ts";
import type { ToolContext } from "./define-tool.ts";

export class LocalCalls {
  /** Begun in this turn. */
  #fresh: LocalCall[] = [];

  /** From the end of this turn on, if it is not over by then. */
  watch(call: LocalCall): void {
    if (this.#fresh.push(call) === 1) setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    const calls = this.#fresh;
    this.#fresh = [];
    for (const call of calls) call.outlastTurn();
  }
}

export class LocalCall {
  readonly timeoutMs: number;
  readonly #options: ToolCallOptions;
  readonly #controller = new AbortController();
  #reject: (error: unknown) => void = () => undefined;
  #deadline: Deadline | undefined;
  #isOver = false;

  /** `timeoutMs`: in milliseconds, without progress. */
  constructor(options: ToolCallOptions, timeoutMs: number) {
    this.#options = options;
    this.timeoutMs = timeoutMs;
  }

  /** Why it was ended before the work was done. */
  get end(): DeadlineEnd | undefined {
    return this.#deadline?.end;
  }

  /** What the function is told. */
  context(): ToolContext {
    return {
      signal: this.#controller.signal,
      idempotencyKey: this.#options.idempotencyKey,
      progress: (progress) => {
        const deadline = this.#watch();
        deadline.restart();
        if (deadline.end === undefined) this.#options.onProgress?.(progress);
      },
    };
  }

  /** The result of the work, or a rejection once the call was ended; the work is left to itself then. */
  settle<Result>(work: Promise<Result>): Promise<Result> {
    const outcome = Promise.withResolvers<Result>();
    this.#reject = outcome.reject;
    work.then(
      (result) => {
        this.#finish();
        outcome.resolve(result);
      },
      (error: unknown) => {
        this.#finish();
        outcome.reject(error);
      },
    );
    return outcome.promise;
  }

  outlastTurn(): void {
    if (!this.#isOver) this.#watch();
  }

  #finish(): void {
    this.#isOver = true;
    this.#deadline?.[Symbol.dispose]();
  }

  #watch(): Deadline {
    if (this.#deadline !== undefined) return this.#deadline;
    const deadline = new Deadline(this.#options.signal, this.timeoutMs);
    this.#deadline = deadline;
    if (this.#isOver) deadline[Symbol.dispose]();
    else
      deadline.race(Promise.withResolvers<never>().promise).catch((error: unknown) => {
        this.#controller.abort(deadline.end);
        this.#finish();
        this.#reject(error);
      });
    return deadline;
  }
}
