/** What the child process names as the reason of a failure, as the error that callers switch on. */
import { ModelError, type ModelErrorCode } from "@agentmesh/ports";
import type { WorkerFailure } from "./worker-message.ts";

interface Diagnosis {
  readonly code: ModelErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly facts?: Readonly<Record<string, number | string>>;
  readonly retryable?: boolean;
}

/** `recentErrors`: what llama.cpp wrote to its standard error; the only place where it says what is wrong with a grammar. */
export function modelErrorOf(model: string, failure: WorkerFailure, recentErrors: readonly string[]): ModelError {
  if (failure.kind === "cancelled") return cancelledCall(model);
  const { facts, ...diagnosis } = diagnose(model, failure, recentErrors);
  return new ModelError({ ...diagnosis, facts: { model, ...facts } });
}

export function cancelledCall(model: string): ModelError {
  return new ModelError({
    code: "AM_MODEL_CANCELLED",
    message: `The call of ${model} was cancelled.`,
    hint: "Nothing is wrong with the model; start the call again if its answer is still wanted.",
    facts: { model },
  });
}

function diagnose(model: string, failure: WorkerFailure, recentErrors: readonly string[]): Diagnosis {
  switch (failure.kind) {
    case "context":
      return noRoom(model, failure);
    case "grammar": {
      const words = recentErrors.findLast((line) => /grammar/i.test(line)) ?? failure.message;
      return {
        code: "AM_MODEL_SCHEMA_UNSUPPORTED",
        message: `The output grammar for ${model} does not parse: ${words}.`,
        hint: "It must be GBNF, llama.cpp's notation, with a rule root.",
        facts: { reason: "grammar" },
      };
    }
    case "load":
      return {
        code: "AM_MODEL_UNREACHABLE",
        message: `${model} cannot be loaded: ${failure.message}.`,
        hint: "Fetch the model again (agentmesh models pull), or name another file.",
      };
    case "cancelled":
    case "fault":
      return {
        code: "AM_MODEL_STREAM_BROKEN",
        message: `${model} broke off its answer: ${failure.message}.`,
        hint: "Try again; if it happens with the same request every time, give the role another model.",
        retryable: true,
      };
  }
}

function noRoom(model: string, { tokens = 0, limit = 0 }: WorkerFailure): Diagnosis {
  return {
    code: "AM_MODEL_CONTEXT_TOO_SMALL",
    message: `The prompt has ${tokens} tokens, and ${model} has room for ${limit}, the answer included.`,
    hint: "Raise contextTokens of this model, use one with a larger context, or offer fewer tools.",
    facts: { tokens, limit },
  };
}
