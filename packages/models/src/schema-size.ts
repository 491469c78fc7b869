/** Whether a projected schema is within what its backend takes. */
import { isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import type { SchemaLimits } from "./schema-dialect.ts";
import { unsupportedSchema } from "./schema-refusal.ts";

/** Throws ModelError AM_MODEL_SCHEMA_UNSUPPORTED that names the limit. */
export function measureSchema(schema: JsonObject, limits: SchemaLimits): void {
  const size = { properties: 0, depth: 0, enumValues: 0 };
  visit(schema, 0, size);
  const characters = JSON.stringify(schema).length;
  const over = [
    ["properties", size.properties, limits.properties],
    ["levels of nesting", size.depth, limits.depth],
    ["enum values", size.enumValues, limits.enumValues],
    ["characters", characters, limits.characters],
  ] as const;
  for (const [what, count, limit] of over) {
    if (count > limit) throw unsupportedSchema(`it has ${count} ${what}, and the backend takes ${limit}`);
  }
}

interface Size {
  properties: number;
  depth: number;
  enumValues: number;
}

/** Depth counts objects and lists within each other, as values nest, not the keywords between them. */
function visit(schema: Json, depth: number, size: Size): void {
  if (!isJsonObject(schema)) return;
  size.depth = Math.max(size.depth, depth);
  const listed = schema["enum"];
  if (Array.isArray(listed)) size.enumValues += listed.length;
  for (const branch of children(schema, "anyOf")) visit(branch, depth, size);
  for (const child of children(schema, "prefixItems")) visit(child, depth + 1, size);
  for (const definition of named(schema, "$defs")) visit(definition, depth, size);
  const properties = named(schema, "properties");
  size.properties += properties.length;
  for (const child of properties) visit(child, depth + 1, size);
  for (const keyword of ["items", "additionalProperties"]) visit(schema[keyword] ?? null, depth + 1, size);
}

function children(schema: JsonObject, keyword: string): readonly Json[] {
  const value = schema[keyword];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function named(schema: JsonObject, keyword: string): readonly Json[] {
  const value = schema[keyword];
  return isJsonObject(value) ? Object.values(value) : [];
}
