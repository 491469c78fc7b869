/** Asks before each call, repetitions included, what it may cost, and records the call together with that permission. */
import type { Clock, Model, ModelRequest } from "@agentmesh/ports";
import { layerOver } from "./model-layer.ts";
import { type ModelCallTrace, withTrace } from "./trace-layer.ts";

export interface ReservedCall {
  /** What may be asked: perhaps with fewer output tokens. */
  readonly request: ModelRequest;
  /** Absent: nothing had to be reserved. */
  readonly reservation?: string;
}

export interface ReservationOptions {
  readonly clock: Clock;
  /** Rejects with ModelError AM_BUDGET_EXCEEDED when the call may not be made. */
  readonly reserve: (request: ModelRequest, model: Model) => Promise<ReservedCall>;
  /** Called once per call, after its end. Must not throw. */
  readonly observe: (trace: ModelCallTrace, reservation: string | undefined) => void;
}

export function withReservation(model: Model, { clock, reserve, observe }: ReservationOptions): Model {
  return layerOver(model, async function* reserved(asked, signal) {
    const { request, reservation } = await reserve(asked, model);
    yield* withTrace(model, { clock, observe: (trace) => observe(trace, reservation) }).stream(request, signal);
  });
}
