/** The plainest validator of an answer: the original JSON Schema itself. */
import { type Json, type JsonSchema, validateJson } from "@agentmesh/core";
import type { Validate } from "./structured-output.ts";

/** Findings have the code AM_MODEL_OUTPUT_MISMATCH. Throws UnusableSchemaError when the schema is none. */
export function validateBySchema(schema: JsonSchema): Validate<Json> {
  return (value) => {
    const violations = validateJson(schema, value);
    if (violations.length === 0) return { isValid: true, value };
    const code = "AM_MODEL_OUTPUT_MISMATCH";
    return { isValid: false, findings: violations.map(({ path, message }) => ({ code, path, message })) };
  };
}
