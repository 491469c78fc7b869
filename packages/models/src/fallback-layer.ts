/**
 * Several models as one: the next takes over when one fails before its first words, and the reader does not notice.
 * After the first words the error goes up, since half an answer of one model and half of another is no answer.
 */
import {
  type Model,
  type ModelCapabilities,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
} from "@agentmesh/ports";
import { layerOver } from "./model-layer.ts";
import { holdPreambleBack } from "./preamble.ts";

export interface ModelTakeover {
  readonly from: string;
  readonly to: string;
  readonly error: ModelError;
}

export interface FallbackOptions {
  /** Told before the next model is asked. Must not throw. */
  readonly onTakeover?: (takeover: ModelTakeover) => void;
}

/** Models in the order of preference. Id, token counts and control of the output are those of the first. */
export function withFallback(models: readonly [Model, ...Model[]], options: FallbackOptions = {}): Model {
  const [first, ...others] = models;
  if (others.length === 0) return first;
  const layer = layerOver(first, (request, signal) => firstThatAnswers(models, { request, signal }, options));
  return {
    ...layer,
    identity: JSON.stringify(models.map(({ id, identity }) => [id, identity])),
    capabilities: commonCapabilities(models),
    close: async () => {
      await Promise.all(models.map((model) => model.close()));
    },
  };
}

interface Call {
  readonly request: ModelRequest;
  readonly signal: AbortSignal;
}

async function* firstThatAnswers(
  models: readonly Model[],
  call: Call,
  options: FallbackOptions,
): AsyncGenerator<ModelStreamPart> {
  const failures: { readonly model: string; readonly error: ModelError }[] = [];
  for (const [index, model] of models.entries()) {
    let hasContent = false;
    try {
      for await (const part of holdPreambleBack(model.stream(call.request, call.signal))) {
        hasContent = true;
        yield part;
      }
      return;
    } catch (error) {
      if (hasContent || !(error instanceof ModelError) || error.code === "AM_MODEL_CANCELLED") throw error;
      failures.push({ model: model.id, error });
      const next = models[index + 1];
      if (next === undefined) throw noneAnswered(failures, error);
      options.onTakeover?.({ from: model.id, to: next.id, error });
    }
  }
}

/** The last error's code and hint, with what happened to the models before it. */
function noneAnswered(failures: readonly { model: string; error: ModelError }[], last: ModelError): ModelError {
  const earlier = failures.slice(0, -1).map(({ model, error }) => `${model}: ${error.message}`);
  return new ModelError({
    code: last.code,
    message: `None of ${failures.length} models answered. ${last.message} Before it: ${earlier.join(" ")}`,
    hint: last.hint,
    facts: { failures: failures.map(({ model, error }) => ({ model, code: error.code })) },
    retryable: last.retryable,
    cause: last,
    ...(last.retryAfterMs === undefined ? {} : { retryAfterMs: last.retryAfterMs }),
  });
}

/** A prompt must fit into each of the models. */
function commonCapabilities(models: readonly [Model, ...Model[]]): ModelCapabilities {
  const known = models.flatMap((model) => model.capabilities.contextTokens ?? []);
  return {
    ...models[0].capabilities,
    ...(known.length === 0 ? {} : { contextTokens: Math.min(...known) }),
  };
}
