/** Two schemas that hold at the same time, as one (`allOf`). Exact for what tools use; refuses what it cannot join. */
import { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonSchema } from "@agentmesh/core";
import { unsupportedSchema } from "./schema-refusal.ts";

type Join = (left: Json, right: Json) => Json;

export function mergeSchemas(left: JsonSchema, right: JsonSchema): JsonSchema {
  if (left === false || right === false) return false;
  if (left === true) return right;
  if (right === true) return left;
  return joinEntries(left, right, joined);
}

/** A map in between: a key may be called `__proto__`. */
function joinEntries(
  left: JsonObject,
  right: JsonObject,
  join: (key: string, left: Json, right: Json) => Json,
): JsonObject {
  const entries = new Map(Object.entries(left));
  for (const [key, value] of Object.entries(right)) {
    const present = entries.get(key);
    entries.set(key, present === undefined ? value : join(key, present, value));
  }
  return Object.fromEntries(entries);
}

function joined(keyword: string, left: Json, right: Json): Json {
  if (canonicalJson(left) === canonicalJson(right)) return left;
  const join = JOINS.get(keyword);
  if (join === undefined) throw unsupportedSchema(`two different values of ${keyword} hold at the same place`);
  return join(left, right);
}

const JOINS: ReadonlyMap<string, Join> = new Map(
  Object.entries<Join>({
    type: joinTypes,
    enum: (left, right) => common(list(left), list(right)),
    required: (left, right) => [...new Set([...list(left), ...list(right)])],
    properties: joinProperties,
    items: both,
    additionalProperties: both,
    propertyNames: both,
    not: (left, right) => ({ anyOf: [left, right] }),
    minimum: larger,
    exclusiveMinimum: larger,
    minLength: larger,
    minItems: larger,
    minProperties: larger,
    maximum: smaller,
    exclusiveMaximum: smaller,
    maxLength: smaller,
    maxItems: smaller,
    maxProperties: smaller,
    uniqueItems: (left, right) => left === true || right === true,
    description: (left, right) => [left, right].filter((text) => typeof text === "string").join(" "),
    // Two patterns cannot be one; the first is enforced, and the caller validates against the original in any case.
    pattern: (left) => left,
    format: (left) => left,
    multipleOf: (left) => left,
    // Texts of the place that refers win over those of what it refers to.
    title: (_left, right) => right,
    default: (_left, right) => right,
    examples: (_left, right) => right,
    deprecated: (_left, right) => right,
    $schema: (left) => left,
    $id: (left) => left,
    $comment: (left) => left,
    $defs: (left) => left,
    definitions: (left) => left,
  }),
);

function joinTypes(left: Json, right: Json): Json {
  const rights = new Set(list(right));
  const types = list(left).flatMap((type) => {
    if (rights.has(type)) return [type];
    if (type === "number" && rights.has("integer")) return ["integer"];
    return type === "integer" && rights.has("number") ? ["integer"] : [];
  });
  if (types.length === 0) throw unsupportedSchema("its types contradict each other");
  return types.length === 1 ? (types[0] ?? null) : types;
}

function joinProperties(left: Json, right: Json): Json {
  if (!isJsonObject(left) || !isJsonObject(right)) return left;
  return joinEntries(left, right, (_name, present, child) => both(present, child));
}

/** Joined when somebody goes down to it. */
function both(left: Json, right: Json): Json {
  if (left === false || right === false) return false;
  const same = canonicalJson(left) === canonicalJson(right);
  return same ? left : ({ allOf: [left, right] } satisfies JsonObject);
}

function common(left: readonly Json[], right: readonly Json[]): Json {
  const rights = new Set(right.map(canonicalJson));
  return left.filter((value) => rights.has(canonicalJson(value)));
}

function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}

function larger(left: Json, right: Json): Json {
  return Math.max(Number(left), Number(right));
}

function smaller(left: Json, right: Json): Json {
  return Math.min(Number(left), Number(right));
}
