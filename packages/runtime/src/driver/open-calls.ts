/** The calls that are under way, each with its way to be cancelled; those that do not listen are given up after a grace period. */
import type { MeshError } from "@agentmesh/core";
import type { Clock } from "@agentmesh/ports";
import { CallAbandonedError } from "./call-cancelled-error.ts";

export interface OpenCall {
  readonly signal: AbortSignal;
  /** Since it was opened; a clock that was set back has not made it shorter than nothing. */
  elapsedMs(): number;
  /** True once: for whoever comes first with an outcome. */
  close(): boolean;
}

export class OpenCalls {
  readonly #clock: Clock;
  readonly #graceMs: number;
  readonly #abandon: (call: string, error: CallAbandonedError) => void;
  readonly #open = new Map<string, AbortController>();
  #stopGrace: () => void = () => undefined;

  /** `abandon` is told of each call that has not ended within the grace period. */
  constructor(clock: Clock, graceMs: number, abandon: (call: string, error: CallAbandonedError) => void) {
    this.#clock = clock;
    this.#graceMs = graceMs;
    this.#abandon = abandon;
  }

  open(call: string): OpenCall {
    const controller = new AbortController();
    this.#open.set(call, controller);
    const startedAtMs = this.#clock.nowMs();
    const elapsedMs = (): number => Math.max(0, this.#clock.nowMs() - startedAtMs);
    return { signal: controller.signal, elapsedMs, close: () => this.#close(call) };
  }

  /** `reason`: why they are to stop. */
  cancel(reason: MeshError): void {
    if (this.#open.size === 0) return;
    const told = [...this.#open.keys()];
    for (const controller of this.#open.values()) controller.abort(reason);
    this.#stopGrace();
    this.#stopGrace = this.#clock.at(this.#clock.nowMs() + this.#graceMs, () => {
      for (const call of told) if (this.#close(call)) this.#abandon(call, new CallAbandonedError(call, this.#graceMs));
    });
  }

  /** Once the last call is over nothing waits for the grace period any more. */
  #close(call: string): boolean {
    const isFirst = this.#open.delete(call);
    if (this.#open.size === 0) this.#stopGrace();
    return isFirst;
  }
}
