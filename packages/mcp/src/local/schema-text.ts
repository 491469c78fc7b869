/** The JSON Schema of a schema written in code, as a planner reads it and a server publishes it. */
import { isJsonObject, type JsonObject } from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";
import type { StandardSchema } from "./standard-schema.ts";

/** `input`: what it accepts. `output`: what it gives. */
export type SchemaSide = "input" | "output";

/**
 * Undefined when the library of the schema cannot say it. Throws the library's own error when this one schema holds
 * what JSON Schema cannot express.
 */
export function jsonSchemaOf(schema: StandardSchema, side: SchemaSide): JsonObject | undefined {
  const { jsonSchema } = schema["~standard"];
  if (jsonSchema !== undefined) return plain(jsonSchema[side]({ target: "draft-2020-12" }));
  // Zod before 4.2 does not yet offer itself through the standard.
  return schema instanceof z.$ZodType ? plain(z.toJSONSchema(schema, { io: side })) : undefined;
}

/** Without what libraries hang on their documents beside the JSON. */
function plain(document: object): JsonObject | undefined {
  const text = JSON.stringify(document);
  const copy: unknown = JSON.parse(text);
  return isJsonObject(copy) ? copy : undefined;
}
