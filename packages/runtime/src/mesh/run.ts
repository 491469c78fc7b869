/** A run in this process, as its caller holds it: events while it goes on, and what it comes to. */
import type { Json, RunCommand, RunEvent, RunView } from "@agentmesh/core";
import type { RunSignal } from "../driver/run-signal.ts";
import {
  type ApproveOptions,
  approveCommand,
  rejectCommand,
  type ResolveOptions,
  resolveCommand,
  signalCommand,
} from "./run-command.ts";
import { RunFailedError } from "./run-failed-error.ts";
import type { RunResult } from "./run-result.ts";
import { SignalQueue } from "./signal-queue.ts";

/** How a Run reaches its driver once that has started. */
export interface RunLink {
  readonly view: () => RunView;
  readonly cancel: (reason: string) => void;
  readonly leave: () => void;
}

/** Drives the run; told where signals go. Resolves when it is over or suspended. */
export type DriveRun = (run: {
  readonly publish: (signal: RunSignal) => void;
  readonly link: (link: RunLink) => void;
}) => Promise<RunResult>;

export interface RunStart {
  readonly id: string;
  /** Its stored events after a sequence number. */
  readonly read: (afterSeq: number) => Promise<readonly RunEvent[]>;
  /** Stores a command, and goes on with the run when nobody drives it. Rejects when it cannot be followed. */
  readonly send: (command: RunCommand) => Promise<unknown>;
  readonly drive: DriveRun;
}

export class Run implements AsyncIterable<RunSignal> {
  readonly id: string;
  readonly #read: RunStart["read"];
  readonly #send: RunStart["send"];
  readonly #queues = new Set<SignalQueue>();
  #link: RunLink | undefined;
  #cancelReason: string | undefined;
  #isDriven = false;
  #result: Promise<RunResult>;

  constructor({ id, read, send, drive }: RunStart) {
    this.id = id;
    this.#read = read;
    this.#send = send;
    this.#result = this.#drive(drive);
  }

  /**
   * What it comes to: its end, or `suspended` while it waits for somebody; then again what it comes to after it went on.
   * Rejects only when it cannot be driven: the store fails, or another process has it.
   */
  get result(): Promise<RunResult> {
    return this.#result;
  }

  /** Whether this process drives it now. */
  get isDriven(): boolean {
    return this.#isDriven;
  }

  /** A suspended run goes on, under the same handle. For the mesh. */
  continue(drive: DriveRun): void {
    this.#result = this.#drive(drive);
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
    if (!this.#isDriven) queue.close();
    this.#queues.add(queue);
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
    if (this.#isDriven) this.#link?.cancel(reason);
    else this.#send({ type: "cancel", reason }).catch(() => undefined); // it is over: there is nothing to cancel
  }

  /** Stops driving it, and leaves it in the store as it is. For the mesh. */
  leave(): void {
    this.#link?.leave();
  }

  /** Lets a call, the plan (`plan`) or the budget (`budget`) go on. Rejects with CommandRefusedError. */
  async approve(approval: string, options: ApproveOptions = {}): Promise<void> {
    await this.#send(approveCommand(approval, options));
  }

  /** The opposite of approve. Rejects with CommandRefusedError. */
  async reject(approval: string, note?: string): Promise<void> {
    await this.#send(rejectCommand(approval, note));
  }

  /** Says what has become of a task in doubt. Rejects with CommandRefusedError. */
  async resolve(task: string, options: ResolveOptions): Promise<void> {
    await this.#send(resolveCommand(task, options));
  }

  /** Sends what a `mesh.wait` waits for. Rejects with CommandRefusedError. */
  async signal(name: string, data: Json = null): Promise<void> {
    await this.#send(signalCommand(name, data, "signal"));
  }

  async #drive(drive: DriveRun): Promise<RunResult> {
    this.#isDriven = true;
    for (const queue of this.#queues) queue.reopen();
    try {
      return await drive({ publish: (signal) => this.#publish(signal), link: (link) => this.#connect(link) });
    } finally {
      this.#isDriven = false;
      for (const queue of this.#queues) queue.close();
    }
  }

  #connect(link: RunLink): void {
    this.#link = link;
    if (this.#cancelReason !== undefined) link.cancel(this.#cancelReason);
  }

  #publish(signal: RunSignal): void {
    for (const queue of this.#queues) queue.push(signal);
  }
}
