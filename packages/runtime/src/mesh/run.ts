/** A run in this process, as its caller holds it: events while it goes on, and what it comes to. */
import type { RunEvent, RunView } from "@agentmesh/core";
import type { RunSignal } from "../driver/run-signal.ts";
import { RunFailedError } from "./run-failed-error.ts";
import type { RunResult } from "./run-result.ts";
import { SignalQueue } from "./signal-queue.ts";

/** How a Run reaches its driver once that has started. */
export interface RunLink {
  readonly view: () => RunView;
  readonly cancel: (reason: string) => void;
}

export interface RunStart {
  readonly id: string;
  /** Its stored events after a sequence number. */
  readonly read: (afterSeq: number) => Promise<readonly RunEvent[]>;
  /** Starts the run; told where signals go. Resolves when it is over or suspended. */
  readonly start: (run: {
    readonly publish: (signal: RunSignal) => void;
    readonly link: (link: RunLink) => void;
  }) => Promise<RunResult>;
}

export class Run implements AsyncIterable<RunSignal> {
  readonly id: string;
  /** What it comes to. Rejects only when it cannot be driven: the store fails, or the mesh is closed. */
  readonly result: Promise<RunResult>;
  readonly #read: RunStart["read"];
  readonly #queues = new Set<SignalQueue>();
  #link: RunLink | undefined;
  #cancelReason: string | undefined;
  #isOver = false;

  constructor({ id, read, start }: RunStart) {
    this.id = id;
    this.#read = read;
    this.result = start({ publish: (signal) => this.#publish(signal), link: (link) => this.#connect(link) });
    this.result.then(
      () => this.#end(),
      () => this.#end(),
    );
  }

  /** The answer's text. Rejects with RunFailedError when the run did not succeed. */
  get answer(): Promise<string> {
    return this.result.then((result) => {
      if (result.status !== "succeeded") throw new RunFailedError(result);
      return result.answer ?? "";
    });
  }

  /** The run as it is now; undefined until it has started. */
  get view(): RunView | undefined {
    return this.#link?.view();
  }

  /** All its events, then ephemeral ones too as they come; ends with the run. */
  [Symbol.asyncIterator](): AsyncGenerator<RunSignal, void, undefined> {
    return this.events();
  }

  /** The events after a sequence number: what is stored first, then live. Throws what `result` rejects with. */
  async *events({ afterSeq = 0 }: { readonly afterSeq?: number } = {}): AsyncGenerator<RunSignal, void, undefined> {
    const queue = new SignalQueue();
    if (this.#isOver) queue.close();
    else this.#queues.add(queue);
    let last = afterSeq;
    try {
      for (const event of await this.#read(last)) {
        last = event.seq;
        yield event;
      }
      for await (const signal of queue) {
        if ("seq" in signal && signal.seq <= last) continue;
        if ("seq" in signal) last = signal.seq;
        yield signal;
      }
      await this.result;
    } finally {
      this.#queues.delete(queue);
    }
  }

  /** Asks it to stop: no task starts any more, calls under way are told. `result` says when it has. */
  cancel(reason = "cancelled by the caller"): void {
    this.#cancelReason = reason;
    this.#link?.cancel(reason);
  }

  #connect(link: RunLink): void {
    this.#link = link;
    if (this.#cancelReason !== undefined) link.cancel(this.#cancelReason);
  }

  #publish(signal: RunSignal): void {
    for (const queue of this.#queues) queue.push(signal);
  }

  #end(): void {
    this.#isOver = true;
    for (const queue of this.#queues) queue.close();
    this.#queues.clear();
  }
}
