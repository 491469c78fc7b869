/**
 * Whether a value written for one branch of a `oneOf` can fit another branch too, which `oneOf` forbids. Says no only
 * where that is certain.
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@agentmesh/core";

/** Both opened (no `$ref`, no `allOf`), siblings of the union included. */
export function mayFit(written: JsonObject, other: JsonObject): boolean {
  const values = valuesOf(written);
  const others = valuesOf(other);
  if (values !== undefined && others !== undefined) return overlap(values, others);
  const isTypeShared = [...typesOf(written)].some((type) => typesOf(other).has(type));
  if (!isTypeShared) return false;
  const isObjectOnly = typesOf(written).size === 1 && typesOf(written).has("object");
  return !isObjectOnly || objectMayFit(written, other);
}

/** Numbers are integers sometimes: both count as numbers. */
function typesOf(schema: JsonObject): ReadonlySet<string> {
  const values = valuesOf(schema);
  if (values !== undefined) return new Set(values.map(typeOf));
  const { type } = schema;
  const listed = Array.isArray(type) ? type.filter((name) => typeof name === "string") : ALL_TYPES;
  const named = typeof type === "string" ? [type] : listed;
  return new Set(named.map((name) => (name === "integer" ? "number" : name)));
}

const ALL_TYPES = ["null", "boolean", "number", "string", "array", "object"];

function typeOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function valuesOf(schema: JsonObject): readonly Json[] | undefined {
  if (schema["const"] !== undefined) return [schema["const"]];
  const listed = schema["enum"];
  return Array.isArray(listed) ? (listed as readonly Json[]) : undefined;
}

function overlap(left: readonly Json[], right: readonly Json[]): boolean {
  const rights = new Set(right.map(canonicalJson));
  return left.some((value) => rights.has(canonicalJson(value)));
}

function objectMayFit(written: JsonObject, other: JsonObject): boolean {
  const own = propertiesOf(written);
  const theirs = propertiesOf(other);
  const isMap = isJsonObject(written["additionalProperties"]) || own.size === 0;
  const theirRequired = namesOf(other);
  const ownRequired = namesOf(written);
  // Only what is declared or required is written: a property that they require and that is neither is never there.
  if (!isMap && theirRequired.some((name) => !own.has(name) && !ownRequired.includes(name))) return false;
  if (other["additionalProperties"] === false && ownRequired.some((name) => !theirs.has(name))) return false;
  const isDecided = [...ownRequired, ...theirRequired].some((name) => {
    const mine = own.get(name);
    const theirsToo = theirs.get(name);
    return isJsonObject(mine) && isJsonObject(theirsToo) && areApart(mine, theirsToo);
  });
  return !isDecided;
}

function areApart(left: JsonObject, right: JsonObject): boolean {
  const [lefts, rights] = [valuesOf(left), valuesOf(right)];
  if (lefts !== undefined && rights !== undefined) return !overlap(lefts, rights);
  if ("$ref" in left || "$ref" in right || "allOf" in left || "allOf" in right) return false;
  return ![...typesOf(left)].some((type) => typesOf(right).has(type));
}

function propertiesOf(schema: JsonObject): ReadonlyMap<string, Json> {
  const { properties } = schema;
  return new Map(isJsonObject(properties) ? Object.entries(properties) : []);
}

function namesOf(schema: JsonObject): readonly string[] {
  const { required } = schema;
  return Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
}
