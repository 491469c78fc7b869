/** Two schemas that hold at the same time, as one. Exact: what cannot be joined exactly is named, never dropped. */
import {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  SCHEMA_ANNOTATIONS,
} from "@agentmesh/core";

/** Two different values of a keyword that cannot be one. */
export interface Conflict {
  readonly keyword: string;
}

/** `onConflict` may throw; when it returns, the left value stays. */
export function intersect(left: JsonSchema, right: JsonSchema, onConflict: (conflict: Conflict) => void): JsonSchema {
  if (left === false || right === false) return false;
  if (left === true) return right;
  if (right === true) return left;
  const joined = new Map<string, Json>(Object.entries(left));
  for (const [keyword, value] of Object.entries(right)) {
    const present = joined.get(keyword);
    joined.set(keyword, present === undefined ? value : join(keyword, [present, value], onConflict));
  }
  for (const [keyword, value] of Object.entries(joinedMembers(left, right))) joined.set(keyword, value);
  return joined.get("type") === false ? false : Object.fromEntries(joined);
}

type Pair = readonly [left: Json, right: Json];

function join(keyword: string, pair: Pair, onConflict: (conflict: Conflict) => void): Json {
  const [left, right] = pair;
  if (canonicalJson(left) === canonicalJson(right) || SCHEMA_ANNOTATIONS.has(keyword)) return left;
  const rule = JOINS.get(keyword);
  if (rule !== undefined) return rule(left, right);
  onConflict({ keyword });
  return left;
}

const larger = (left: Json, right: Json): Json => Math.max(Number(left), Number(right));
const smaller = (left: Json, right: Json): Json => Math.min(Number(left), Number(right));

const JOINS: ReadonlyMap<string, (left: Json, right: Json) => Json> = new Map([
  ["type", commonTypes],
  ["enum", commonValues],
  ["required", allNames],
  ["properties", (left: Json): Json => left], // by joinedMembers
  ["additionalProperties", (left: Json): Json => left], // by joinedMembers
  ["items", bothSchemas],
  ["minimum", larger],
  ["exclusiveMinimum", larger],
  ["minLength", larger],
  ["minItems", larger],
  ["minProperties", larger],
  ["maximum", smaller],
  ["exclusiveMaximum", smaller],
  ["maxLength", smaller],
  ["maxItems", smaller],
  ["maxProperties", smaller],
  ["uniqueItems", (left: Json, right: Json): Json => left === true || right === true],
]);

/** `false` when they have none in common. */
function commonTypes(left: Json, right: Json): Json {
  const rights = new Set(list(right));
  const common = list(left).flatMap((type) => {
    if (rights.has(type)) return [type];
    if (type === "number" && rights.has("integer")) return ["integer"];
    return type === "integer" && rights.has("number") ? ["integer"] : [];
  });
  return common.length === 0 ? false : common;
}

function commonValues(left: Json, right: Json): Json {
  const rights = new Set(list(right).map(canonicalJson));
  return list(left).filter((value) => rights.has(canonicalJson(value)));
}

function allNames(left: Json, right: Json): Json {
  return [...new Set([...list(left), ...list(right)])];
}

/** A property that only one side declares is, for the other, one of its additional ones. */
function joinedMembers(left: JsonObject, right: JsonObject): JsonObject {
  const lefts = membersOf(left);
  const rights = membersOf(right);
  const names = new Set([...Object.keys(lefts.declared), ...Object.keys(rights.declared)]);
  if (names.size === 0 && lefts.others === undefined && rights.others === undefined) return {};
  const properties = [...names].map((name): [string, Json] => [
    name,
    bothSchemas(lefts.declared[name] ?? lefts.others ?? true, rights.declared[name] ?? rights.others ?? true),
  ]);
  const others = lefts.others === undefined && rights.others === undefined ? undefined : true;
  return {
    ...(names.size === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(others === undefined ? {} : { additionalProperties: bothSchemas(lefts.others ?? true, rights.others ?? true) }),
  };
}

function membersOf(schema: JsonObject): { readonly declared: JsonObject; readonly others: Json | undefined } {
  const declared = schema["properties"];
  return { declared: isJsonObject(declared) ? declared : {}, others: schema["additionalProperties"] };
}

/** Joined when somebody goes down to it. */
function bothSchemas(left: Json, right: Json): Json {
  if (left === false || right === false) return false;
  if (left === true) return right;
  if (right === true || canonicalJson(left) === canonicalJson(right)) return left;
  return { allOf: [left, right] };
}

function list(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [value];
}
