/**
 * Asks again when a model failed in a way that may pass, as long as its reader has seen nothing of the answer. Waits
 * grow exponentially with jitter, so that many callers do not come back at the same instant; a server that says when to
 * come back is obeyed, or left alone if it says too late.
 */
import { type Clock, type Model, ModelError, type ModelRequest, type ModelStreamPart } from "@agentmesh/ports";
import { cancelledCall } from "./cancellation.ts";
import { layerOver } from "./model-layer.ts";
import { holdPreambleBack } from "./preamble.ts";
import { wait } from "./wait.ts";

/** The longest wait that back-off alone grows to, in milliseconds. */
const BACKOFF_MS_MAX = 30_000;
/** A server that asks for a longer wait than this is not waited for: the error goes up, to another model perhaps. */
export const RETRY_AFTER_MS_MAX = 60_000;

export interface ModelRetries {
  /** Calls after the first one. */
  readonly max: number;
  /** The first wait, in milliseconds; each later one is twice as long. */
  readonly baseMs: number;
}

export const MODEL_RETRIES: ModelRetries = { max: 2, baseMs: 500 };

export interface ModelRetry {
  readonly model: string;
  /** 1 for the first repetition. */
  readonly retry: number;
  readonly delayMs: number;
  readonly error: ModelError;
}

export interface RetryOptions {
  readonly retries: ModelRetries;
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
  readonly retryAfterMsMax?: number;
  /** Told before each wait. Must not throw. */
  readonly onRetry?: (retry: ModelRetry) => void;
}

export function withRetry(model: Model, options: RetryOptions): Model {
  return layerOver(model, (request, signal) => retried(model, { request, signal }, options));
}

interface Call {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

async function* retried(model: Model, call: Call, options: RetryOptions): AsyncGenerator<ModelStreamPart> {
  for (let retry = 1; ; retry += 1) {
    let hasContent = false;
    try {
      for await (const part of holdPreambleBack(model.stream(call.request, call.signal))) {
        hasContent = true;
        yield part;
      }
      return;
    } catch (error) {
      const delayMs = hasContent ? undefined : retryDelayMs(error, retry, options);
      if (delayMs === undefined || !(error instanceof ModelError)) throw error;
      options.onRetry?.({ model: model.id, retry, delayMs, error });
      await waitBeforeRetry(delayMs, options.clock, call.signal).catch(() => {
        throw cancelledCall(model.id);
      });
    }
  }
}

async function waitBeforeRetry(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (delayMs > 0) await wait(delayMs, clock, signal);
  signal.throwIfAborted();
}

/** Undefined: not again. */
function retryDelayMs(error: unknown, retry: number, options: RetryOptions): number | undefined {
  if (!(error instanceof ModelError) || !error.retryable || retry > options.retries.max) return undefined;
  const asked = error.retryAfterMs ?? 0;
  if (asked > (options.retryAfterMsMax ?? RETRY_AFTER_MS_MAX)) return undefined;
  const grownMs = Math.min(BACKOFF_MS_MAX, options.retries.baseMs * 2 ** (retry - 1));
  // Half of the wait is fixed and half is random: never at once, never all together.
  return Math.round(Math.max(asked, grownMs / 2) + (options.random() * grownMs) / 2);
}
