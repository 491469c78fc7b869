/** A tool's result as a cache keeps it. */
import { isJson, type Json, UnusableSchemaError, validateJson, type JsonSchema } from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";

const FORMAT = 1;

const CachedResult = z.strictObject({
  v: z.literal(FORMAT),
  /** The run whose call gave it. */
  run: z.string(),
  value: z.custom<Json>((value) => isJson(value)),
});
export type CachedResult = z.infer<typeof CachedResult>;

export function resultBody(run: string, value: Json): string {
  return JSON.stringify({ v: FORMAT, run, value });
}

/** Undefined for what is none, and for what the tool's output schema refuses. */
export function readResult(body: string, schema: JsonSchema | undefined): CachedResult | undefined {
  try {
    const result = CachedResult.parse(JSON.parse(body));
    return schema === undefined || fits(schema, result.value) ? result : undefined;
  } catch {
    return undefined;
  }
}

/** A schema that cannot be used refuses nothing, as at the call itself. */
function fits(schema: JsonSchema, value: Json): boolean {
  try {
    return validateJson(schema, value).length === 0;
  } catch (error) {
    if (error instanceof UnusableSchemaError) return true;
    throw error;
  }
}
