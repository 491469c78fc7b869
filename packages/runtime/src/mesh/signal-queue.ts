/** The signals of a run as an async iterable: buffered for a slow reader, up to a limit, and never in the way of the run. */
import { MeshError } from "@agentmesh/core";
import type { RunSignal } from "../driver/run-signal.ts";

/** How many signals wait for a reader before the iteration fails; stored events can be read again from the store. */
export const SIGNALS_MAX = 100_000;

export class SlowReaderError extends MeshError {
  constructor() {
    super({
      code: "AM_SLOW_READER",
      message: `The events of the run were not read: more than ${SIGNALS_MAX} were waiting.`,
      hint: "Read them faster, or read the stored ones later with mesh.events(run, { afterSeq }).",
      facts: { limit: SIGNALS_MAX },
    });
  }
}

export class SignalQueue implements AsyncIterableIterator<RunSignal> {
  #waiting: RunSignal[] = [];
  #reader: PromiseWithResolvers<IteratorResult<RunSignal>> | undefined;
  #isClosed = false;
  #failure: Error | undefined;

  push(signal: RunSignal): void {
    if (this.#isClosed) return;
    if (this.#reader !== undefined) {
      this.#reader.resolve({ done: false, value: signal });
      this.#reader = undefined;
    } else if (this.#waiting.length >= SIGNALS_MAX) this.#fail(new SlowReaderError());
    else this.#waiting.push(signal);
  }

  close(): void {
    this.#isClosed = true;
    this.#reader?.resolve({ done: true, value: undefined });
    this.#reader = undefined;
  }

  /** More will come after all; a reader who has seen the end does not come back. */
  reopen(): void {
    if (this.#failure === undefined) this.#isClosed = false;
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#isClosed = true;
    this.#reader?.reject(error);
    this.#reader = undefined;
  }

  next(): Promise<IteratorResult<RunSignal>> {
    const signal = this.#waiting.shift();
    if (signal !== undefined) return Promise.resolve({ done: false, value: signal });
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    this.#reader = Promise.withResolvers<IteratorResult<RunSignal>>();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<RunSignal>> {
    this.close();
    this.#waiting = [];
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
