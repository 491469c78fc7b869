/**
 * A tool's argument schema as a planner may fill it: in the place of any argument, or of anything inside one, a
 * reference may stand. References of the schema are followed and what nests too deep is left open, so the result has
 * no cycle and a bounded size. It guides a model; the plan is checked against the tool's own schema all the same.
 */
import { isJsonObject, type Json, type JsonObject, type JsonSchema, ownValue } from "@agentmesh/core";

/** Arguments are level 1. Objects and lists from this level on are left open: OpenAI takes 10 levels, the plan's included. */
const OPEN_LEVEL = 3;
/** An object with more properties than this is left open. */
const PROPERTIES_MAX = 100;
/** References and `allOf` followed at one place. */
const HOPS_MAX = 16;

/** `{"$from": "task.field"}` (DESIGN 5). */
export const REFERENCE_SCHEMA: JsonObject = {
  type: "object",
  properties: { $from: { type: "string" } },
  required: ["$from"],
  additionalProperties: false,
};

const TYPES: ReadonlySet<string> = new Set(["null", "boolean", "integer", "number", "string", "array", "object"]);
/** Kept as they are. Texts for people are left out: the prompt has them. */
const KEPT = [
  "enum",
  "const",
  "format",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "required",
] as const;

/** What one tool may take of the whole: what is over is left open, for the check of the plan. */
export interface SchemaRoom {
  /** Schemas within each other, the arguments themselves included. */
  readonly parts: number;
  /** Values that are listed, of all arguments together. */
  readonly enumValues: number;
}

/** The schema of `args` for a tool: always an object. */
export function referableArguments(inputSchema: JsonObject, room: SchemaRoom): JsonObject {
  const mapped = new ReferableSchema(inputSchema, room).map(withoutConditions(inputSchema), 0);
  return isJsonObject(mapped) && mapped["anyOf"] === undefined
    ? { ...mapped, type: "object" }
    : { type: "object", additionalProperties: true };
}

/** Conditions between arguments cannot be said together with references; the check of the plan knows them. */
function withoutConditions(schema: JsonObject): JsonObject {
  const { anyOf, oneOf, ...rest } = schema;
  const isOnlyUnion = ownValue(schema, "properties") === undefined && (anyOf ?? oneOf) !== undefined;
  return isOnlyUnion ? schema : rest;
}

class ReferableSchema {
  readonly #root: JsonSchema;
  #partsLeft: number;
  #enumValuesLeft: number;

  constructor(root: JsonSchema, room: SchemaRoom) {
    this.#root = root;
    this.#partsLeft = room.parts;
    this.#enumValuesLeft = room.enumValues;
  }

  /** The schema with a reference allowed wherever a value goes, but not in its own place. */
  map(schema: JsonSchema, level: number): JsonSchema {
    this.#partsLeft -= 1;
    if (typeof schema === "boolean") return schema;
    const own = this.#partsLeft < 0 ? true : this.#followed(schema);
    if (typeof own === "boolean" || (level >= OPEN_LEVEL && isStructured(own)) || (level > 0 && isMap(own)))
      return true;
    const branches = own["anyOf"] ?? own["oneOf"];
    if (Array.isArray(branches)) return this.#union(own, branches as readonly Json[], level);
    const mapped = { ...kept(this.#withinEnums(own)), ...this.#properties(own, level), ...this.#items(own, level) };
    return Object.keys(mapped).length === 0 ? true : mapped;
  }

  #withinEnums(own: JsonObject): JsonObject {
    const { enum: values, ...rest } = own;
    if (!Array.isArray(values)) return own;
    if (values.length > this.#enumValuesLeft) return rest;
    this.#enumValuesLeft -= values.length;
    return own;
  }

  #union(own: JsonObject, branches: readonly Json[], level: number): JsonSchema {
    const { anyOf: _anyOf, oneOf: _oneOf, ...siblings } = own;
    const mapped = branches.map((branch) => this.map(isJsonObject(branch) ? merge(siblings, branch) : true, level));
    return mapped.includes(true) ? true : { anyOf: mapped as readonly JsonObject[] };
  }

  #properties(own: JsonObject, level: number): JsonObject {
    const { properties, additionalProperties } = own;
    if (isMap(own)) return { additionalProperties: additionalProperties !== false || isJsonObject(properties) };
    if (!isJsonObject(properties)) return {};
    const entries = Object.entries(properties).map(([name, child]) => [name, this.#referable(child, level)] as const);
    return { properties: Object.fromEntries(entries), additionalProperties: false };
  }

  #items(own: JsonObject, level: number): JsonObject {
    const { items, prefixItems } = own;
    const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : undefined;
    if (tuple !== undefined)
      return { prefixItems: (tuple as readonly Json[]).map((part) => this.#referable(part, level)) };
    return items === undefined ? {} : { items: this.#referable(items, level) };
  }

  #referable(schema: Json, level: number): JsonSchema {
    const mapped = this.map(isJsonObject(schema) || typeof schema === "boolean" ? schema : true, level + 1);
    if (typeof mapped === "boolean") return mapped;
    const branches = mapped["anyOf"];
    return { anyOf: [...(Array.isArray(branches) ? (branches as readonly Json[]) : [mapped]), REFERENCE_SCHEMA] };
  }

  /** References of the document and `allOf` opened up; true where they lead nowhere or have no end. */
  #followed(schema: JsonObject): JsonSchema {
    let at = schema;
    for (let hops = 0; hops < HOPS_MAX; hops += 1) {
      const { $ref: reference, allOf, ...rest } = at;
      if (typeof reference === "string") {
        const target = this.#target(reference);
        if (!isJsonObject(target)) return true;
        at = merge(target, allOf === undefined ? rest : { ...rest, allOf });
      } else if (Array.isArray(allOf)) {
        at = (allOf as readonly Json[]).filter(isJsonObject).reduce(merge, rest);
      } else return at;
    }
    return true;
  }

  #target(reference: string): Json | undefined {
    if (reference !== "#" && !reference.startsWith("#/")) return undefined;
    let at: Json | undefined = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      at = isJsonObject(at) ? ownValue(at, key) : undefined;
    }
    return at;
  }
}

function isStructured(schema: JsonObject): boolean {
  const types = typesOf(schema);
  return (
    isMap(schema) || types.includes("array") || ["properties", "items", "prefixItems"].some((key) => key in schema)
  );
}

/** An object whose keys are not known, or are too many. */
function isMap(schema: JsonObject): boolean {
  const { properties } = schema;
  if (isJsonObject(properties)) return Object.keys(properties).length > PROPERTIES_MAX;
  return typesOf(schema).includes("object");
}

function typesOf(schema: JsonObject): readonly string[] {
  const declared = ownValue(schema, "type");
  const names = Array.isArray(declared) ? (declared as readonly Json[]) : [declared];
  return names.filter((name): name is string => typeof name === "string" && TYPES.has(name));
}

/** Both at once, near enough to guide: where two keywords meet, the second wins. */
function merge(one: JsonObject, other: JsonObject): JsonObject {
  const properties = { ...objectOf(one["properties"]), ...objectOf(other["properties"]) };
  const required = [...new Set([...listOf(one["required"]), ...listOf(other["required"])])];
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}

function kept(schema: JsonObject): JsonObject {
  const entries = KEPT.flatMap((keyword) => {
    const value = ownValue(schema, keyword);
    return value === undefined || (keyword === "required" && isMap(schema)) ? [] : [[keyword, value] as const];
  });
  // A list of values says more than a type, and the two can contradict each other.
  const types = "enum" in schema || "const" in schema ? [] : typesOf(schema);
  const [only] = types;
  const type = types.length === 1 && only !== undefined ? only : types;
  return { ...(types.length === 0 ? {} : { type }), ...Object.fromEntries(entries) };
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
