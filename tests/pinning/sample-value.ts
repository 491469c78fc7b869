/** A value that a schema accepts, found by reading it: enough for the schemas that servers write. */
import { isJsonObject, type Json, type JsonObject } from "@agentmesh/core";

/** What patterns of real servers ask for. */
const TEXTS: readonly string[] = ["2026-11-22", "12:00", "AS1", "AAPL", "1", "a", "text"];

/** `root`: where local references begin. */
export function sampleValue(schema: Json, root: Json = schema): Json {
  if (!isJsonObject(schema)) return "text";
  const own = followed(schema, root);
  for (const key of ["default", "const"]) if (own[key] !== undefined && own[key] !== null) return own[key];
  if (Array.isArray(own["enum"])) return (own["enum"] as readonly Json[])[0] ?? null;
  const branches = own["anyOf"] ?? own["oneOf"];
  if (Array.isArray(branches)) return sampleValue((branches as readonly Json[])[0] ?? {}, root);
  return sampleOfType(own, root);
}

const SAMPLES: Readonly<Record<string, (schema: JsonObject, root: Json) => Json>> = {
  object: (schema, root) => (isJsonObject(schema["properties"]) ? sampleObject(schema, root) : {}),
  array: ({ minItems, items = {} }, root) =>
    Array.from({ length: typeof minItems === "number" ? minItems : 0 }, () => sampleValue(items, root)),
  boolean: () => true,
  null: () => null,
  number: ({ minimum }) => (typeof minimum === "number" ? minimum : 1),
  integer: ({ minimum }) => (typeof minimum === "number" ? minimum : 1),
  string: (schema) => textFor(schema),
};

function sampleOfType(schema: JsonObject, root: Json): Json {
  const { type, properties } = schema;
  const first = Array.isArray(type) ? (type as readonly Json[])[0] : (type ?? (properties ? "object" : "string"));
  return SAMPLES[typeof first === "string" ? first : "string"]?.(schema, root) ?? null;
}

function sampleObject(schema: JsonObject, root: Json): Json {
  const properties = schema["properties"] as JsonObject;
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly string[]) : [];
  return Object.fromEntries(required.map((name) => [name, sampleValue(properties[name] ?? {}, root)]));
}

function textFor({ format, pattern, minLength }: JsonObject): string {
  if (format === "uri" || format === "url") return "https://example.org/";
  if (format === "date-time") return "2026-11-22T00:00:00Z";
  if (format === "ipv4") return "192.0.2.1";
  if (format === "date") return "2026-11-22";
  if (typeof pattern === "string") return TEXTS.find((text) => new RegExp(pattern, "u").test(text)) ?? "";
  return "text".padEnd(typeof minLength === "number" ? minLength : 0, "t");
}

function followed(schema: JsonObject, root: Json): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || !reference.startsWith("#/")) return schema;
  let at: Json = root;
  for (const part of reference.slice(2).split("/")) at = (isJsonObject(at) ? at[part] : undefined) ?? {};
  return isJsonObject(at) ? followed(at, root) : schema;
}
