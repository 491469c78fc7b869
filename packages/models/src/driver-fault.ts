/** A model throws ModelErrors only. Anything else that comes out of one is a fault of its driver, and named so. */
import { ModelError } from "@agentmesh/ports";

export function asModelError(error: unknown, modelId: string): ModelError {
  if (error instanceof ModelError) return error;
  return new ModelError({
    code: "AM_MODEL_CRASHED",
    message: `The driver of ${modelId} failed: ${error instanceof Error ? error.message : String(error)}`,
    hint: "This is a fault of the driver, not of the request; report it with the log of the run.",
    facts: { model: modelId },
    cause: error,
  });
}
