/**
 * The part of a JSON Schema that a backend can enforce, in its dialect. What cannot be enforced is said in the
 * description and listed in `dropped`; what cannot be said at all is refused, never sent half. Three encodings undo
 * themselves in `restore`: a null for a property that is absent, an object in `mesh_value` for a root that is none, a
 * list in `mesh_entries` for a map with free keys. Answers are always validated against the original schema.
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonSchema } from "@agentmesh/core";
import { ENTRIES_KEY, restoreOutput, VALUE_KEY } from "./output-restoration.ts";
import { schemaDialect, type SchemaDialect, type SchemaDialectName } from "./schema-dialect.ts";
import { asSchema, jsonTypeOf, openSchema, propertiesOf, requiredOf, type SchemaNode } from "./schema-node.ts";
import { measureSchema } from "./schema-size.ts";
import { unsupportedSchema } from "./schema-refusal.ts";

/** A keyword that the backend will not enforce, and where. */
export interface DroppedKeyword {
  /** JSON Pointer into the values: `/tasks/0` is written `/tasks/*`. */
  readonly path: string;
  readonly keyword: string;
}

export interface SchemaProjection {
  readonly schema: JsonObject;
  readonly dropped: readonly DroppedKeyword[];
  /** From what the backend wrote to what the original schema means. Changes nothing that is already in that form. */
  readonly restore: (value: Json) => Json;
}

/** Throws ModelError AM_MODEL_SCHEMA_UNSUPPORTED when the dialect cannot say it. */
export function projectSchema(schema: JsonSchema, dialectName: SchemaDialectName): SchemaProjection {
  const dialect = schemaDialect(dialectName);
  const projector = new Projector(schema, dialect);
  const projected = withinStack(() => projector.projectRoot());
  measureSchema(projected, dialect.limits);
  return { schema: projected, dropped: projector.dropped, restore: (value) => restoreOutput(value, schema) };
}

/** A schema may nest deeper than the stack of this process: refused like any other that is out of hand. */
function withinStack<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw unsupportedSchema("it nests too deeply");
    throw error;
  }
}

/** Nodes of one projection: references are inlined, and a few that meet often enough grow without end. */
const NODES_MAX = 20_000;
/** Characters of one description, ours included. */
const DESCRIPTION_CHARACTERS_MAX = 1_000;
const ANYTHING = "mesh_anything";

/** Said in the description where a dialect does not take them. */
const RESTATED = [
  "pattern",
  "format",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "contains",
  "minProperties",
  "maxProperties",
  "propertyNames",
  "patternProperties",
  "dependentRequired",
  "dependentSchemas",
  "dependencies",
  "not",
  "if",
  "then",
  "else",
] as const;
const REPETITIONS: ReadonlySet<string> = new Set(["minLength", "maxLength", "minItems", "maxItems"]);

class Projector {
  readonly dropped: DroppedKeyword[] = [];
  readonly #root: JsonSchema;
  readonly #dialect: SchemaDialect;
  readonly #definitions = new Map<string, JsonObject>();
  /** Names of the references that are being inlined right now, from the outside in. */
  readonly #open = new Set<string>();
  readonly #names = new Map<string, string>();
  #nodes = 0;

  constructor(root: JsonSchema, dialect: SchemaDialect) {
    this.#root = root;
    this.#dialect = dialect;
  }

  projectRoot(): JsonObject {
    this.#open.add("#");
    const projected = this.#project(this.#root, "");
    const name = this.#names.get("#");
    if (name !== undefined) this.#definitions.set(name, projected);
    const root = this.#rootOf(projected);
    return this.#definitions.size === 0 ? root : { ...root, $defs: Object.fromEntries(this.#definitions) };
  }

  #rootOf(projected: JsonObject): JsonObject {
    const inlined = [...this.#definitions].find(([name]) => projected["$ref"] === `#/$defs/${name}`)?.[1] ?? projected;
    const isFit = !this.#dialect.needsObjectRoot || inlined["type"] === "object";
    return isFit ? inlined : closedObject({ [VALUE_KEY]: inlined });
  }

  #project(schema: JsonSchema, path: string): JsonObject {
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX)
      throw unsupportedSchema(`it has over ${NODES_MAX} parts once its references are resolved`);
    const reference = referenceOf(schema);
    if (reference === undefined) return this.#projectNode(openSchema(schema, this.#root), path);
    if (this.#open.has(reference)) return this.#recursion(reference);
    this.#open.add(reference);
    const projected = this.#projectNode(openSchema(schema, this.#root), path);
    this.#open.delete(reference);
    const name = this.#names.get(reference);
    if (name === undefined) return projected;
    this.#definitions.set(name, projected);
    return { $ref: `#/$defs/${name}` };
  }

  #recursion(reference: string): JsonObject {
    if (!this.#dialect.allowsRecursion) throw unsupportedSchema(`${reference} refers to itself`);
    const name = this.#names.get(reference) ?? `recursive_${this.#names.size + 1}`;
    this.#names.set(reference, name);
    return { $ref: `#/$defs/${name}` };
  }

  #projectNode(node: SchemaNode, path: string): JsonObject {
    switch (node.kind) {
      case "any":
        return this.#described(this.#anything(), node, path);
      case "never":
        throw unsupportedSchema(`nothing is allowed at ${path || "the root"}`);
      case "values":
        return this.#described(this.#values(node.values, path), node, path);
      case "union":
        return this.#described(this.#union(node.branches, path), node, path);
      case "object":
        return this.#described(this.#object(node.schema, path), node, path);
      case "array":
        return this.#described(this.#array(node.schema, path), node, path);
      case "scalar":
        return this.#described(
          { type: node.types.length === 1 ? (node.types[0] ?? "string") : node.types },
          node,
          path,
        );
    }
  }

  /** Adds the constraints that the dialect takes, and the description with those that it does not. */
  #described(projected: JsonObject, node: SchemaNode, path: string): JsonObject {
    const enforced: Record<string, Json> = {};
    const said: string[] = [];
    if (node.kind !== "union") {
      for (const keyword of RESTATED) {
        const value = node.schema[keyword];
        if (value === undefined || value === false) continue;
        if (this.#enforces(keyword, value)) enforced[keyword] = value;
        else {
          said.push(`${keyword} ${typeof value === "string" ? value : JSON.stringify(value)}`);
          this.dropped.push({ path, keyword });
        }
      }
    }
    const description = describe(node.schema, said);
    return { ...(description === "" ? {} : { description }), ...projected, ...enforced };
  }

  #enforces(keyword: string, value: Json): boolean {
    if (!this.#dialect.constraints.has(keyword)) return false;
    if (keyword === "format") return typeof value === "string" && this.#dialect.formats.has(value);
    if (keyword === "pattern") return typeof value === "string" && isPlainPattern(value);
    if (typeof value !== "number") return false;
    return !REPETITIONS.has(keyword) || value <= this.#dialect.repetitionsMax;
  }

  #values(values: readonly Json[], path: string): JsonObject {
    const scalars = values.filter((value) => typeof value !== "object" || value === null);
    const branches = values
      .filter((value) => typeof value === "object" && value !== null)
      .map((value) => this.#constant(value, path));
    if (scalars.length > 0) branches.unshift({ type: oneOrMany([...new Set(scalars.map(jsonTypeOf))]), enum: scalars });
    return unionOf(branches);
  }

  #constant(value: Json, path: string): JsonObject {
    if (isJsonObject(value)) {
      return closedObject(
        Object.fromEntries(Object.entries(value).map(([key, child]) => [key, this.#values([child], path)])),
      );
    }
    if (Array.isArray(value)) {
      this.dropped.push({ path, keyword: "const" });
      return { type: "array", description: `Exactly ${JSON.stringify(value)}`, items: this.#anything() };
    }
    return { type: jsonTypeOf(value), enum: [value] };
  }

  #union(branches: readonly JsonSchema[], path: string): JsonObject {
    const possible = branches.filter((branch) => branch !== false);
    if (possible.length === 0) throw unsupportedSchema(`nothing is allowed at ${path || "the root"}`);
    return unionOf(possible.map((branch) => this.#project(branch, path)));
  }

  #object(schema: JsonObject, path: string): JsonObject {
    const values = mapValuesOf(schema);
    if (values !== undefined) return this.#map(values, path);
    const additional = schema["additionalProperties"];
    if (additional === true || isJsonObject(additional)) this.dropped.push({ path, keyword: "additionalProperties" });
    const required = requiredOf(schema);
    const possible = [...propertiesOf(schema)].filter(([name, child]) => child !== false || required.has(name));
    const children = possible.map(([name, child]): [string, JsonObject] => {
      const projected = this.#project(child, `${path}/${name}`);
      return [name, this.#dialect.needsEveryProperty && !required.has(name) ? nullable(projected) : projected];
    });
    // A constant tells the branches of a union apart: written first, it decides early.
    children.sort(([, left], [, right]) => Number(isConstant(right)) - Number(isConstant(left)));
    const names = children.map(([name]) => name);
    return {
      type: "object",
      properties: Object.fromEntries(children),
      required: this.#dialect.needsEveryProperty ? names : names.filter((name) => required.has(name)),
      additionalProperties: false,
    };
  }

  #map(values: JsonSchema, path: string): JsonObject {
    if (!this.#dialect.encodesOpenValues) {
      return { type: "object", additionalProperties: values === true ? true : this.#project(values, `${path}/*`) };
    }
    const value = values === true ? this.#anything() : this.#project(values, `${path}/*`);
    return closedObject({ [ENTRIES_KEY]: { type: "array", items: closedObject({ key: { type: "string" }, value }) } });
  }

  #array(schema: JsonObject, path: string): JsonObject {
    const { prefixItems, items } = schema;
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
    if (tuple === undefined) return { type: "array", items: this.#project(asSchema(items), `${path}/*`) };
    const parts = tuple.map((part, index) => this.#project(asSchema(part as Json), `${path}/${index}`));
    if (this.#dialect.allowsTuples) return { type: "array", prefixItems: parts, items: false, minItems: parts.length };
    this.dropped.push({ path, keyword: "prefixItems" });
    return { type: "array", items: unionOf(parts), description: `${parts.length} items, each of its own kind.` };
  }

  #anything(): JsonObject {
    if (!this.#dialect.encodesOpenValues) return {};
    const anything = { $ref: `#/$defs/${ANYTHING}` };
    const list: JsonObject = { type: "array", items: anything };
    const entry = closedObject({ key: { type: "string" }, value: anything });
    const map = closedObject({ [ENTRIES_KEY]: { type: "array", items: entry } });
    const scalar: JsonObject = { type: ["string", "number", "boolean", "null"] };
    this.#definitions.set(ANYTHING, { anyOf: [scalar, list, map] });
    return { anyOf: [scalar, list, map] };
  }
}

/** `allOf` with one reference is how some generators write a reference with a description. */
function referenceOf(schema: JsonSchema): string | undefined {
  if (typeof schema === "boolean") return undefined;
  const { $ref: direct, allOf } = schema;
  if (typeof direct === "string") return direct;
  const only = Array.isArray(allOf) && allOf.length === 1 ? (allOf as readonly Json[])[0] : undefined;
  const reference = isJsonObject(only) ? only["$ref"] : undefined;
  return typeof reference === "string" ? reference : undefined;
}

/** The schema of a map's values; undefined for an object whose properties are known. */
function mapValuesOf(schema: JsonObject): JsonSchema | undefined {
  const { properties, additionalProperties, patternProperties } = schema;
  if (propertiesOf(schema).size > 0) return undefined;
  if (isJsonObject(patternProperties)) return { anyOf: Object.values(patternProperties) };
  if (additionalProperties === true || isJsonObject(additionalProperties)) return additionalProperties;
  return additionalProperties === undefined && properties === undefined ? true : undefined;
}

function closedObject(properties: JsonObject): JsonObject {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function unionOf(branches: readonly JsonObject[]): JsonObject {
  const flat = branches.flatMap((branch) =>
    isBareUnion(branch) ? (branch["anyOf"] as readonly JsonObject[]) : [branch],
  );
  const distinct = [...new Map(flat.map((branch) => [canonicalJson(branch), branch])).values()];
  const [only] = distinct;
  return distinct.length === 1 && only !== undefined ? only : { anyOf: distinct };
}

function isBareUnion(schema: JsonObject): boolean {
  return Array.isArray(schema["anyOf"]) && Object.keys(schema).length === 1;
}

function nullable(schema: JsonObject): JsonObject {
  const { type, anyOf } = schema;
  const listed = schema["enum"];
  if (Array.isArray(anyOf)) {
    const takesNull = anyOf.some(
      (branch) => isJsonObject(branch as Json) && types(branch as JsonObject).includes("null"),
    );
    return takesNull ? schema : { ...schema, anyOf: [...(anyOf as readonly JsonObject[]), { type: "null" }] };
  }
  if (type === undefined || type === "object" || type === "array") return { anyOf: [schema, { type: "null" }] };
  if (types(schema).includes("null")) return schema;
  return {
    ...schema,
    type: [...types(schema), "null"],
    ...(Array.isArray(listed) ? { enum: [...(listed as readonly Json[]), null] } : {}),
  };
}

function types(schema: JsonObject): readonly Json[] {
  const type = schema["type"];
  if (type === undefined) return [];
  return Array.isArray(type) ? (type as readonly Json[]) : [type];
}

function isConstant(schema: JsonObject): boolean {
  const listed = schema["enum"];
  return Array.isArray(listed) && listed.length === 1;
}

function oneOrMany(names: readonly string[]): Json {
  return names.length === 1 ? (names[0] ?? "null") : names;
}

/** Look-around, back-references and named classes differ between regular expression engines. */
function isPlainPattern(pattern: string): boolean {
  return !/\(\?(?!:)|\\[1-9bBkpP]/.test(pattern);
}

function describe(schema: JsonObject, said: readonly string[]): string {
  const { description } = schema;
  const parts = typeof description === "string" ? [description] : [];
  if (schema["default"] !== undefined) parts.push(`Default: ${JSON.stringify(schema["default"])}.`);
  if (said.length > 0) parts.push(`Must also hold: ${said.join("; ")}.`);
  return parts.join(" ").slice(0, DESCRIPTION_CHARACTERS_MAX);
}
