/** A schema that a backend cannot be held to. Not retryable: the driver falls back to asking in words. */
import { ModelError } from "@agentmesh/ports";

export function unsupportedSchema(reason: string): ModelError {
  return new ModelError({
    code: "AM_MODEL_SCHEMA_UNSUPPORTED",
    message: `The output schema cannot be enforced: ${reason}.`,
    hint: "Simplify the schema, or set output: json for this model to ask for the shape in the prompt instead.",
    facts: { reason },
  });
}
