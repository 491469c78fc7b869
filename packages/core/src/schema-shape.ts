/**
 * What a JSON Schema says about shape, without a value: the schema at a path, the types it allows, and whether values of one
 * schema can be values of another. Answers are three-valued: what a schema leaves open is "unknown", never refused.
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonSchema, ownValue } from "./json.ts";

export const JSON_TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"] as const;
export type JsonType = (typeof JSON_TYPES)[number];

/** `yes`: every value fits as far as shapes tell. `perhaps`: some may not. `no`: none can. */
export type Fit = "yes" | "perhaps" | "no";

/** How many `$ref` and combinators are followed before the answer is "anything". */
const DEPTH_MAX = 16;

/** A schema together with the document that its local references point into. */
export interface ShapeInContext {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

/** What was found out about a path into a schema. */
interface PathShapes {
  readonly root: JsonSchema;
  readonly shapes: readonly ShapeInContext[];
  readonly isDeclared: boolean;
}

/** Plans ask the same few questions of a tool's schema again and again. */
const pathsOf = new WeakMap<object, Map<string, PathShapes>>();
const fitsOf = new WeakMap<readonly ShapeInContext[], WeakMap<readonly ShapeInContext[], Fit>>();
/** How many paths of one schema are kept: paths come from plans. */
const PATHS_MAX = 1_000;

/** The schemas that may hold at a path: none means that nothing can be there; `true` means anything. */
export function shapesAt(shape: ShapeInContext, path: readonly (string | number)[]): readonly ShapeInContext[] {
  return shapesOfPath(shape, path).shapes;
}

/** Whether every step of the path is named by the schema, not only left open by it. */
export function isDeclared(shape: ShapeInContext, path: readonly (string | number)[]): boolean {
  return shapesOfPath(shape, path).isDeclared;
}

function shapesOfPath(shape: ShapeInContext, path: readonly (string | number)[]): PathShapes {
  const { schema, root } = shape;
  if (typeof schema === "boolean") return walk(shape, path);
  const known = pathsOf.get(schema) ?? new Map<string, PathShapes>();
  const key = path.length === 1 ? `${typeof path[0]}:${path[0]}` : JSON.stringify(path);
  const found = known.get(key);
  if (found?.root === root) return found;
  const shapes = walk(shape, path);
  if (known.size < PATHS_MAX) known.set(key, shapes);
  pathsOf.set(schema, known);
  return shapes;
}

function walk(shape: ShapeInContext, path: readonly (string | number)[]): PathShapes {
  return { root: shape.root, shapes: walkShapes(shape, path), isDeclared: walkDeclared(shape, path) };
}

function walkShapes(shape: ShapeInContext, path: readonly (string | number)[]): readonly ShapeInContext[] {
  let shapes = alternatives(shape, 0);
  for (const step of path)
    shapes = shapes.flatMap((each) => stepInto(each, step)).flatMap((each) => alternatives(each, 0));
  return shapes;
}

function walkDeclared(shape: ShapeInContext, path: readonly (string | number)[]): boolean {
  let shapes = alternatives(shape, 0);
  for (const step of path) {
    shapes = shapes
      .filter((each) => typeof step === "number" || namesProperty(each.schema, step))
      .flatMap((each) => stepInto(each, step))
      .flatMap((each) => alternatives(each, 0));
  }
  return shapes.length > 0;
}

function namesProperty(schema: JsonSchema, name: string): boolean {
  if (typeof schema === "boolean") return schema;
  const properties = asObject(schema["properties"]);
  if (Object.hasOwn(properties, name)) return true;
  return (
    isJsonObject(schema["additionalProperties"]) ||
    isJsonObject(schema["patternProperties"]) ||
    Object.keys(properties).length === 0
  );
}

/** Whether a value of one of `from` can be a value of one of `into`. */
export function fits(from: readonly ShapeInContext[], into: readonly ShapeInContext[]): Fit {
  const known = fitsOf.get(from) ?? new WeakMap<readonly ShapeInContext[], Fit>();
  const fit = known.get(into) ?? fitsAtDepth(from, into, 0);
  known.set(into, fit);
  fitsOf.set(from, known);
  return fit;
}

function fitsAtDepth(from: readonly ShapeInContext[], into: readonly ShapeInContext[], depth: number): Fit {
  if (depth > DEPTH_MAX) return "perhaps";
  const verdicts = from.map((source) => best(into.map((target) => fitsOne(source, target, depth))));
  if (verdicts.every((verdict) => verdict === "no")) return "no";
  return verdicts.every((verdict) => verdict === "yes") ? "yes" : "perhaps";
}

/** The JSON types that a schema without combinators allows. */
export function typesOf(schema: JsonSchema): ReadonlySet<JsonType> {
  if (typeof schema === "boolean") return new Set(schema ? JSON_TYPES : []);
  const values = valuesOf(schema);
  if (values !== undefined) return new Set(values.map(typeOfValue));
  const declared = schema["type"];
  const names = typeof declared === "string" ? [declared] : Array.isArray(declared) ? declared : JSON_TYPES;
  return new Set(JSON_TYPES.filter((type) => names.includes(type) || (type === "integer" && names.includes("number"))));
}

/** "string or null", for messages. */
export function describeTypes(shapes: readonly ShapeInContext[]): string {
  const types = new Set(shapes.flatMap(({ schema }) => [...typesOf(schema)]));
  if (types.has("number")) types.delete("integer");
  return types.size === JSON_TYPES.length - 1 ? "anything" : [...types].join(" or ");
}

function best(fit: readonly Fit[]): Fit {
  if (fit.includes("yes")) return "yes";
  return fit.includes("perhaps") ? "perhaps" : "no";
}

/** A schema's `$ref`, `anyOf`, `oneOf` and single `allOf` opened up. */
function alternatives(shape: ShapeInContext, depth: number): readonly ShapeInContext[] {
  const { schema, root } = shape;
  if (schema === false) return [];
  if (schema === true) return [shape];
  if (depth > DEPTH_MAX) return [{ schema: true, root }];
  const target = schema["$ref"];
  if (typeof target === "string") return alternatives({ schema: localReference(root, target), root }, depth + 1);
  const branches = ownValue(schema, "anyOf") ?? ownValue(schema, "oneOf");
  if (Array.isArray(branches))
    return branches.flatMap((branch: Json) => alternatives({ schema: merge(schema, branch), root }, depth + 1));
  const all = ownValue(schema, "allOf");
  if (Array.isArray(all)) return alternatives({ schema: mergeAll(schema, all, root), root }, depth + 1);
  return [shape];
}

/** The outer keywords hold for each branch too. */
function merge(outer: JsonObject, branch: Json): JsonSchema {
  if (!isJsonObject(branch)) return branch !== false;
  const { anyOf: _anyOf, oneOf: _oneOf, allOf: _allOf, ...rest } = outer;
  const properties = { ...asObject(rest["properties"]), ...asObject(branch["properties"]) };
  const merged: JsonObject = { ...rest, ...branch };
  return Object.keys(properties).length > 0 ? { ...merged, properties } : merged;
}

function mergeAll(outer: JsonObject, parts: readonly Json[], root: JsonSchema): JsonSchema {
  const { allOf: _allOf, ...rest } = outer;
  return parts.reduce<JsonSchema>((merged, part) => {
    const target = isJsonObject(part) && typeof part["$ref"] === "string" ? localReference(root, part["$ref"]) : part;
    if (merged === false || target === false) return false;
    return isJsonObject(merged) && isJsonObject(target) ? merge(merged, target) : merged;
  }, rest);
}

function asObject(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function localReference(root: JsonSchema, target: string): JsonSchema {
  if (!target.startsWith("#")) return true;
  let at: Json | undefined = root;
  for (const part of target
    .slice(1)
    .split("/")
    .filter((each) => each !== "")) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    at = Array.isArray(at) ? (at as readonly Json[])[Number(key)] : isJsonObject(at) ? ownValue(at, key) : undefined;
  }
  return isJsonObject(at) || typeof at === "boolean" ? at : true;
}

function stepInto({ schema, root }: ShapeInContext, step: string | number): readonly ShapeInContext[] {
  if (typeof schema === "boolean") return schema ? [{ schema: true, root }] : [];
  const types = typesOf(schema);
  const found: JsonSchema[] = [];
  if (types.has("array") && typeof step === "number") found.push(itemSchema(schema, step));
  if (types.has("object")) found.push(propertySchema(schema, String(step)));
  return found.filter((each) => each !== false).map((each) => ({ schema: each, root }));
}

function itemSchema(schema: JsonObject, index: number): JsonSchema {
  const prefix = ownValue(schema, "prefixItems");
  const own = Array.isArray(prefix) ? (prefix as readonly Json[])[index] : undefined;
  return asSchema(own ?? ownValue(schema, "items"));
}

function propertySchema(schema: JsonObject, name: string): JsonSchema {
  const own = ownValue(asObject(schema["properties"]), name);
  if (own !== undefined) return asSchema(own);
  if (Object.keys(asObject(schema["patternProperties"])).length > 0) return true;
  return asSchema(ownValue(schema, "additionalProperties"));
}

function asSchema(value: Json | undefined): JsonSchema {
  return isJsonObject(value) || typeof value === "boolean" ? value : true;
}

function fitsOne(from: ShapeInContext, into: ShapeInContext, depth: number): Fit {
  const offered = typesOf(from.schema);
  const wanted = typesOf(into.schema);
  const common = [...offered].filter((type) => wanted.has(type) || (type === "number" && wanted.has("integer")));
  if (common.length === 0) return "no";
  const values = fitsValues(from.schema, into.schema);
  if (values === "no") return "no";
  const inner = common.length === 1 ? fitsInside(from, into, { type: common[0] ?? "null", depth }) : "yes";
  if (inner === "no") return "no";
  const isWhole = common.length === offered.size && [...offered].every((type) => wanted.has(type));
  return isWhole && inner === "yes" && values === "yes" ? "yes" : "perhaps";
}

/** Compares `const` and `enum`. */
function fitsValues(from: JsonSchema, into: JsonSchema): Fit {
  const wanted = valuesOf(into);
  if (wanted === undefined) return "yes";
  const offered = valuesOf(from);
  if (offered === undefined) return "perhaps";
  const texts = new Set(wanted.map(canonicalJson));
  const shared = offered.filter((value) => texts.has(canonicalJson(value)));
  if (shared.length === 0) return "no";
  return shared.length === offered.length ? "yes" : "perhaps";
}

function valuesOf(schema: JsonSchema): readonly Json[] | undefined {
  if (typeof schema === "boolean") return undefined;
  if (Object.hasOwn(schema, "const")) return [schema["const"] ?? null];
  return Array.isArray(schema["enum"]) ? schema["enum"] : undefined;
}

function fitsInside(
  from: ShapeInContext,
  into: ShapeInContext,
  at: { readonly type: JsonType; readonly depth: number },
): Fit {
  if (typeof from.schema === "boolean" || typeof into.schema === "boolean") return "yes";
  if (at.type === "array") return fitsStep(from, into, { step: 0, depth: at.depth });
  return at.type === "object" ? fitsProperties(from, into, at.depth) : "yes";
}

function fitsProperties(from: ShapeInContext, into: ShapeInContext, depth: number): Fit {
  const required: unknown = isJsonObject(into.schema) ? into.schema["required"] : [];
  const names = Array.isArray(required) ? required.filter((name) => typeof name === "string") : [];
  const verdicts = new Set(names.map((step) => fitsStep(from, into, { step, depth })));
  if (verdicts.has("no")) return "no";
  return verdicts.has("perhaps") ? "perhaps" : "yes";
}

function fitsStep(
  from: ShapeInContext,
  into: ShapeInContext,
  at: { readonly step: string | number; readonly depth: number },
): Fit {
  const offered = shapesAt(from, [at.step]);
  const wanted = shapesAt(into, [at.step]);
  if (offered.length === 0) return typeof at.step === "number" ? "yes" : "no";
  return wanted.length === 0 ? "perhaps" : fitsAtDepth(offered, wanted, at.depth + 1);
}

function typeOfValue(value: Json): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value as "boolean" | "string" | "object";
}
