/** The calls that are under way, each with its way to be cancelled; those that do not listen are given up after a grace period. */
import type { MeshError } from "@agentmesh/core";
import type { Clock } from "@agentmesh/ports";
import { CallAbandonedError } from "./call-cancelled-error.ts";

type Abandon = (call: string, error: CallAbandonedError) => void;

export class OpenCalls {
  readonly clock: Clock;
  readonly #graceMs: number;
  readonly #abandon: Abandon;
  /** In no order: a call that is over changes places with the last. */
  readonly #open: OpenCall[] = [];
  #stopGrace: () => void = () => undefined;

  /** `abandon` is told of each call that has not ended within the grace period. */
  constructor(clock: Clock, graceMs: number, abandon: Abandon) {
    this.clock = clock;
    this.#graceMs = graceMs;
    this.#abandon = abandon;
  }

  /** `endsItself`: it is told to stop, and never given up. */
  open(name: string, endsItself = false): OpenCall {
    const call = new OpenCall(name, this, endsItself);
    call.at = this.#open.push(call) - 1;
    return call;
  }

  /** `reason`: why they are to stop. */
  cancel(reason: MeshError): void {
    if (this.#open.length === 0) return;
    const told = [...this.#open];
    for (const call of told) call.cancel(reason);
    this.#stopGrace();
    this.#stopGrace = this.clock.at(this.clock.nowMs() + this.#graceMs, () => {
      for (const call of told)
        if (!call.endsItself && call.close())
          this.#abandon(call.name, new CallAbandonedError(call.name, this.#graceMs));
    });
  }

  /** For the call itself. Once the last one is over nothing waits for the grace period any more. */
  remove(call: OpenCall): void {
    const last = this.#open.pop();
    if (last !== undefined && last !== call) {
      this.#open[call.at] = last;
      last.at = call.at;
    }
    if (this.#open.length === 0) this.#stopGrace();
  }
}

export class OpenCall {
  readonly name: string;
  readonly endsItself: boolean;
  /** Its place among the open ones; -1 once it is over. Written by OpenCalls alone. */
  at = -1;
  readonly #calls: OpenCalls;
  readonly #controller = new AbortController();
  readonly #startedAtMs: number;

  constructor(name: string, calls: OpenCalls, endsItself: boolean) {
    this.endsItself = endsItself;
    this.name = name;
    this.#calls = calls;
    this.#startedAtMs = calls.clock.nowMs();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(reason: MeshError): void {
    this.#controller.abort(reason);
  }

  /** Since it was opened; a clock that was set back has not made it shorter than nothing. */
  elapsedMs(): number {
    return Math.max(0, this.#calls.clock.nowMs() - this.#startedAtMs);
  }

  /** True once: for whoever comes first with an outcome. */
  close(): boolean {
    if (this.at < 0) return false;
    this.#calls.remove(this);
    this.at = -1;
    return true;
  }
}
