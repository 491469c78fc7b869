/**
 * Gives up on a model that says nothing. Three limits, because they catch different faults: a prompt that never
 * finishes to be read, a stream that stalls, an answer that goes on for ever. Time that the reader takes between two
 * parts counts for the total only.
 */
import { type Clock, type Model, ModelError, type ModelRequest, type ModelStreamPart } from "@agentmesh/ports";
import { cancelledCall, leave, linkedAbort, orAborted } from "./cancellation.ts";
import { layerOver } from "./model-layer.ts";

export interface ModelTimeouts {
  /** From the call to the first text or reasoning, in milliseconds. Reading a long prompt counts here. */
  readonly firstPartMs: number;
  /** Between one part and the next, in milliseconds. */
  readonly betweenPartsMs: number;
  /** The whole call, in milliseconds. */
  readonly totalMs: number;
}

/** A local model may read a long prompt for minutes; Node's own limit on response headers is five. */
export const MODEL_TIMEOUTS: ModelTimeouts = { firstPartMs: 180_000, betweenPartsMs: 60_000, totalMs: 900_000 };

export interface TimeoutOptions {
  readonly timeouts: ModelTimeouts;
  readonly clock: Clock;
}

export function withTimeout(model: Model, options: TimeoutOptions): Model {
  return layerOver(model, (request, signal) => timed({ model, request, signal, ...options }));
}

interface TimedCall extends TimeoutOptions {
  readonly model: Model;
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

type Limit = keyof ModelTimeouts;

async function* timed(call: TimedCall): AsyncGenerator<ModelStreamPart> {
  const { clock, timeouts, model } = call;
  const abort = linkedAbort(call.signal);
  const armed = (limit: Limit, sinceMs: number): (() => void) =>
    clock.at(sinceMs + timeouts[limit], () => abort.controller.abort(timedOut(model.id, limit, timeouts)));
  const disarmTotal = armed("totalMs", clock.nowMs());
  const iterator = model.stream(call.request, abort.controller.signal)[Symbol.asyncIterator]();
  let hasContent = false;
  let waitedMs = 0;
  try {
    for (;;) {
      const sinceMs = clock.nowMs();
      const disarm = hasContent ? armed("betweenPartsMs", sinceMs) : armed("firstPartMs", sinceMs - waitedMs);
      const next = await orAborted(iterator.next(), abort.controller.signal).finally(disarm);
      waitedMs += clock.nowMs() - sinceMs;
      if (next.done === true) return;
      hasContent ||= next.value.type !== "start";
      yield next.value;
    }
  } catch (error) {
    // The reason of a timeout is already the error to throw; the reason of a cancelled call may be anything.
    throw call.signal.aborted ? cancelledCall(model.id) : error;
  } finally {
    disarmTotal();
    abort.unlink();
    abort.controller.abort();
    leave(iterator);
  }
}

const SAYINGS: Readonly<Record<Limit, string>> = {
  firstPartMs: "did not begin to answer within",
  betweenPartsMs: "stopped in the middle of its answer: nothing more came for",
  totalMs: "did not finish its answer within",
};

function timedOut(modelId: string, limit: Limit, timeouts: ModelTimeouts): ModelError {
  return new ModelError({
    code: "AM_MODEL_TIMEOUT",
    message: `${modelId} ${SAYINGS[limit]} ${timeouts[limit]} ms.`,
    hint: `Raise timeouts.${limit} of this model if it is only slow, or look whether its server still works.`,
    facts: { model: modelId, limit, limitMs: timeouts[limit] },
    retryable: true,
  });
}
