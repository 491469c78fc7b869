/** A whole answer: the fold of a stream. There is no other way to call a model, so there is one code path. */
import {
  type Model,
  type ModelEndReason,
  ModelError,
  type ModelRequest,
  type ModelStreamPart,
  type ModelUsage,
} from "@agentmesh/ports";

/** Characters of text and reasoning together: about 500,000 tokens, more than any model gives in one answer. */
export const COMPLETION_CHARACTERS_MAX = 2_000_000;

export interface Completion {
  readonly text: string;
  readonly reasoning: string;
  readonly usage: ModelUsage;
  readonly endReason: ModelEndReason;
  readonly warnings: readonly string[];
}

/** Throws ModelError; AM_MODEL_OUTPUT_TOO_LARGE when the answer does not end within COMPLETION_CHARACTERS_MAX. */
export async function complete(model: Model, request: ModelRequest, signal: AbortSignal): Promise<Completion> {
  const text: string[] = [];
  const reasoning: string[] = [];
  const warnings: string[] = [];
  let characters = 0;
  let end: Extract<ModelStreamPart, { type: "end" }> | undefined;
  for await (const part of model.stream(request, signal)) {
    characters += lengthOf(part);
    if (characters > COMPLETION_CHARACTERS_MAX) throw tooLarge(model.id);
    if (part.type === "start") warnings.push(...part.warnings);
    else if (part.type === "text") text.push(part.delta);
    else if (part.type === "reasoning") reasoning.push(part.delta);
    else end = part;
  }
  if (end === undefined) throw endMissing(model.id);
  return { text: text.join(""), reasoning: reasoning.join(""), usage: end.usage, endReason: end.reason, warnings };
}

function lengthOf(part: ModelStreamPart): number {
  return part.type === "text" || part.type === "reasoning" ? part.delta.length : 0;
}

function tooLarge(modelId: string): ModelError {
  return new ModelError({
    code: "AM_MODEL_OUTPUT_TOO_LARGE",
    message: `The answer of ${modelId} did not end within ${COMPLETION_CHARACTERS_MAX} characters.`,
    hint: "Set maxOutputTokens for this model; a model that does not end usually repeats itself.",
    facts: { model: modelId, charactersMax: COMPLETION_CHARACTERS_MAX },
  });
}

function endMissing(modelId: string): ModelError {
  return new ModelError({
    code: "AM_MODEL_STREAM_BROKEN",
    message: `The stream of ${modelId} stopped without an end.`,
    hint: "Try again; if it happens every time, the driver of this model has a fault.",
    facts: { model: modelId },
    retryable: true,
  });
}
