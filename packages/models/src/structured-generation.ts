/**
 * Asks a model for a value of a schema until it gives a valid one: call, read, and on findings tell it what was wrong,
 * as codes and paths. Bounded, and a typed failure at the end.
 */
import { type Model, type ModelMessage, ModelError, type ModelRequest, type ModelUsage } from "@agentmesh/ports";
import { complete, type Completion } from "./completion.ts";
import { ModelOutputError } from "./model-output-error.ts";
import type { OutputFinding } from "./output-finding.ts";
import { type OutputRepair, readStructured, type Validate } from "./structured-output.ts";

/** Calls, the first one included. A model that fails three times on the same task rarely succeeds later. */
export const STRUCTURED_ATTEMPTS_MAX = 3;
/** Findings told to the model at once. */
const FINDINGS_TOLD_MAX = 20;
/** Characters of its own answer that the model sees again. */
const ECHO_CHARACTERS_MAX = 16_000;

export interface StructuredGeneration<T> {
  readonly model: Model;
  /** With `output`: the driver enforces what it can of the schema. */
  readonly request: ModelRequest;
  readonly validate: Validate<T>;
  readonly signal: AbortSignal;
  /** At least 1; STRUCTURED_ATTEMPTS_MAX when absent. */
  readonly attemptsMax?: number;
  /** One finding in the words of the next prompt: `CODE at PATH` when absent. Must not let untrusted text through. */
  readonly tell?: (finding: OutputFinding) => string;
  /** Told after each answer that was refused. Must not throw. */
  readonly onFindings?: (findings: readonly OutputFinding[], attempt: number) => void;
}

export interface StructuredResult<T> {
  readonly value: T;
  /** The answer as it came. */
  readonly text: string;
  readonly attempts: number;
  readonly repairs: readonly OutputRepair[];
  /** Of all attempts together. */
  readonly usage: ModelUsage;
}

/**
 * Throws ModelError as the model does, with code AM_MODEL_REQUEST_REFUSED when it declined, and ModelOutputError when
 * no attempt gave a valid answer.
 */
export async function generateStructured<T>(generation: StructuredGeneration<T>): Promise<StructuredResult<T>> {
  const { model, request, signal, validate } = generation;
  const attemptsMax = Math.max(1, generation.attemptsMax ?? STRUCTURED_ATTEMPTS_MAX);
  const schema = request.output?.schema;
  let messages = request.messages;
  let usage: ModelUsage | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const completion = await complete(model, { ...request, messages }, signal);
    usage = sum(usage, completion.usage);
    if (completion.endReason === "refused") throw refused(model.id, completion);
    const { text, endReason } = completion;
    const reading = readStructured({ text, validate, endReason, ...(schema === undefined ? {} : { schema }) });
    if (reading.isValid) return { value: reading.value, text, attempts: attempt, repairs: reading.repairs, usage };
    generation.onFindings?.(reading.findings, attempt);
    if (attempt === attemptsMax) {
      throw new ModelOutputError({ model: model.id, attempts: attempt, findings: reading.findings, text, usage });
    }
    messages = [...request.messages, ...correction(text, reading.findings, generation.tell ?? codeAndPath)];
  }
}

/** Only the last answer is shown again: earlier ones would teach the same mistakes, and fill the context. */
function correction(
  answer: string,
  findings: readonly OutputFinding[],
  tell: (finding: OutputFinding) => string,
): readonly ModelMessage[] {
  const told = findings.slice(0, FINDINGS_TOLD_MAX).map((finding) => `- ${tell(finding)}`);
  const isCut = findings.some(({ code }) => code === "AM_MODEL_OUTPUT_TRUNCATED");
  const wish = isCut ? "Answer again, shorter, so that it is complete" : "Correct this and answer again";
  const text = `Your answer was not accepted:\n${told.join("\n")}\n${wish}: the whole JSON value and nothing else.`;
  const echo = answer.slice(0, ECHO_CHARACTERS_MAX);
  return [...(echo.trim() === "" ? [] : [{ role: "assistant", text: echo } as const]), { role: "user", text }];
}

function codeAndPath(finding: OutputFinding): string {
  return finding.path === "" ? finding.code : `${finding.code} at ${finding.path}`;
}

function sum(left: ModelUsage | undefined, right: ModelUsage): ModelUsage {
  if (left === undefined) return right;
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    cachedInputTokens: (left.cachedInputTokens ?? 0) + (right.cachedInputTokens ?? 0),
    isExact: left.isExact && right.isExact,
  };
}

function refused(modelId: string, completion: Completion): ModelError {
  const words = completion.text.trim().slice(0, 200);
  return new ModelError({
    code: "AM_MODEL_REQUEST_REFUSED",
    message: `${modelId} declined to answer${words === "" ? "." : `: "${words}"`}`,
    hint: "State the goal in other words, or give this role another model.",
    facts: { model: modelId, by: "model" },
  });
}
