/**
 * One level of a JSON Schema, opened up: references followed, `allOf` merged, unions spread over their siblings, the
 * kind named. Children stay schemas, to be opened by whoever goes down. Reads drafts 7 and 2020-12.
 */
import {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  SCHEMA_ANNOTATIONS,
} from "@agentmesh/core";
import { mergeSchemas } from "./schema-merge.ts";
import { unsupportedSchema } from "./schema-refusal.ts";

/** References and `allOf` followed at one place before a schema counts as one without an end. */
const HOPS_MAX = 64;

/** `values`: one of a list. `any`: anything at all. `never`: nothing. Keywords stay in `schema`, merged. */
export type SchemaNode =
  | { readonly kind: "any"; readonly schema: JsonObject }
  | { readonly kind: "never"; readonly schema: JsonObject }
  | { readonly kind: "values"; readonly schema: JsonObject; readonly values: readonly Json[] }
  | { readonly kind: "union"; readonly schema: JsonObject; readonly branches: readonly JsonSchema[] }
  | { readonly kind: "object"; readonly schema: JsonObject }
  | { readonly kind: "array"; readonly schema: JsonObject }
  | { readonly kind: "scalar"; readonly schema: JsonObject; readonly types: readonly string[] };

/** Throws ModelError AM_MODEL_SCHEMA_UNSUPPORTED for what cannot be read: an outer or endless reference, a contradiction. */
export function openSchema(schema: JsonSchema, root: JsonSchema): SchemaNode {
  if (typeof schema === "boolean") return { kind: schema ? "any" : "never", schema: {} };
  const merged = withoutReferences(schema, root, 0);
  if (typeof merged === "boolean") return { kind: merged ? "any" : "never", schema: {} };
  return nodeOf(merged);
}

/** The schema a local reference (`#`, `#/$defs/name`, any JSON Pointer) points to. */
export function resolveReference(reference: string, root: JsonSchema): JsonSchema {
  if (!reference.startsWith("#")) throw unsupportedSchema(`the reference ${reference} leaves the document`);
  let target: Json = root;
  for (const part of reference.slice(1).split("/").slice(1)) {
    const next = childOf(target, decodePointer(part));
    if (next === undefined) throw unsupportedSchema(`the reference ${reference} points nowhere`);
    target = next;
  }
  if (reference !== "#" && !reference.startsWith("#/"))
    throw unsupportedSchema(`the reference ${reference} is an anchor`);
  return asSchema(target);
}

export function asSchema(value: Json | undefined): JsonSchema {
  if (value === undefined) return true;
  if (typeof value === "boolean" || isJsonObject(value)) return value;
  throw unsupportedSchema("something other than an object or a boolean stands where a schema belongs");
}

/** The children of an object node by name, whether declared or only required. */
export function propertiesOf(schema: JsonObject): ReadonlyMap<string, JsonSchema> {
  const properties = new Map<string, JsonSchema>();
  const declared = schema["properties"];
  if (isJsonObject(declared))
    for (const [name, child] of Object.entries(declared)) properties.set(name, asSchema(child));
  for (const name of requiredOf(schema)) if (!properties.has(name)) properties.set(name, true);
  return properties;
}

export function requiredOf(schema: JsonObject): ReadonlySet<string> {
  const required = schema["required"];
  return new Set(Array.isArray(required) ? required.filter((name) => typeof name === "string") : []);
}

function childOf(value: Json, key: string): Json | undefined {
  if (Array.isArray(value)) return (value as readonly Json[])[Number(key)];
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function decodePointer(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}

function withoutReferences(schema: JsonSchema, root: JsonSchema, hops: number): JsonSchema {
  if (typeof schema === "boolean") return schema;
  if (hops > HOPS_MAX) throw unsupportedSchema("its references never end");
  const { $ref: reference, allOf, ...own } = schema;
  if (typeof reference === "string") {
    const target = withoutReferences(resolveReference(reference, root), root, hops + 1);
    return withoutReferences(mergeSchemas(target, allOf === undefined ? own : { ...own, allOf }), root, hops + 1);
  }
  if (!Array.isArray(allOf)) return schema;
  let merged: JsonSchema = own;
  for (const part of allOf) merged = mergeSchemas(merged, withoutReferences(asSchema(part as Json), root, hops + 1));
  return merged;
}

function nodeOf(schema: JsonObject): SchemaNode {
  const branches = unionOf(schema);
  if (branches !== undefined) return { kind: "union", schema, branches };
  const values = valuesOf(schema);
  if (values !== undefined) return values.length === 0 ? { kind: "never", schema } : { kind: "values", schema, values };
  const types = typesOf(schema);
  if (types.length === 0) return { kind: "any", schema };
  const hasStructure = types.includes("object") || types.includes("array");
  if (types.length > 1 && hasStructure) {
    return { kind: "union", schema, branches: types.map((type) => ({ ...withoutText(schema), type })) };
  }
  if (types[0] === "object") return { kind: "object", schema };
  if (types[0] === "array") return { kind: "array", schema };
  return { kind: "scalar", schema, types };
}

/** The branches of a union, each together with the keywords that stand beside it. */
function unionOf(schema: JsonObject): readonly JsonSchema[] | undefined {
  const { anyOf, oneOf, ...rest } = schema;
  if (Array.isArray(anyOf) && Array.isArray(oneOf)) throw unsupportedSchema("anyOf and oneOf stand side by side");
  const union = anyOf ?? oneOf;
  if (!Array.isArray(union)) return undefined;
  const siblings = withoutText(rest);
  const isAlone = Object.keys(siblings).length === 0;
  return union.map((branch) => (isAlone ? asSchema(branch as Json) : { allOf: [siblings, branch as Json] }));
}

function withoutText(schema: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !SCHEMA_ANNOTATIONS.has(keyword)));
}

function valuesOf(schema: JsonObject): readonly Json[] | undefined {
  const listed = schema["enum"];
  const values: readonly Json[] | undefined = Array.isArray(listed) ? (listed as readonly Json[]) : undefined;
  const constant = schema["const"];
  if (constant === undefined) return values === undefined ? undefined : ofDeclaredType(values, schema);
  const allowed = values === undefined || values.some((value) => canonicalJson(value) === canonicalJson(constant));
  return allowed ? [constant] : [];
}

function ofDeclaredType(values: readonly Json[], schema: JsonObject): readonly Json[] {
  const types = declaredTypes(schema);
  if (types.length === 0) return values;
  return values.filter((value) =>
    types.some((type) => type === jsonTypeOf(value) || (type === "integer" && Number.isInteger(value))),
  );
}

export function jsonTypeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function declaredTypes(schema: JsonObject): readonly string[] {
  const type = schema["type"];
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.filter((name) => typeof name === "string") : [];
}

/** Other names of types are mistakes (`str`, `any`): they say nothing. */
const JSON_TYPES: ReadonlySet<string> = new Set(["null", "boolean", "integer", "number", "string", "array", "object"]);

/** Keywords that only make sense for one type tell it, where authors forgot to. */
const TELLING: readonly (readonly [string, readonly string[]])[] = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"]],
  ["string", ["pattern", "minLength", "maxLength", "format"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

function typesOf(schema: JsonObject): readonly string[] {
  const declared = declaredTypes(schema);
  if (declared.length > 0) return declared.filter((type) => JSON_TYPES.has(type));
  const told = TELLING.find(([, keywords]) => keywords.some((keyword) => Object.hasOwn(schema, keyword)));
  return told === undefined ? [] : [told[0]];
}
