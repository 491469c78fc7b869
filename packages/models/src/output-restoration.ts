/**
 * Takes back what a projection encoded (schema-projection.ts), by the original schema alone, so that it does not
 * matter which backend wrote the value: a null where a property is optional and may not be null is dropped, which many
 * models write of their own accord too; `mesh_value` and `mesh_entries` are opened. Any other value stays as it is.
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonSchema } from "@agentmesh/core";
import { ModelError } from "@agentmesh/ports";
import { asSchema, jsonTypeOf, openSchema, propertiesOf, requiredOf, type SchemaNode } from "./schema-node.ts";

/** Around a root that is not an object. */
export const VALUE_KEY = "mesh_value";
/** In place of an object with free keys: a list of `{ key, value }`. */
export const ENTRIES_KEY = "mesh_entries";

export function restoreOutput(value: Json, schema: JsonSchema): Json {
  const inner = isJsonObject(value) ? onlyValue(value, VALUE_KEY) : undefined;
  return new Restorer(schema).restore(inner === undefined ? value : inner, schema);
}

class Restorer {
  readonly #root: JsonSchema;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  restore(value: Json, schema: JsonSchema): Json {
    if (typeof value !== "object" || value === null) return value;
    const node = this.#open(schema);
    if (isJsonObject(value)) return this.#restoreObject(opened(value), node);
    if (node.kind === "union") return this.#restoreUnion(value, node.branches);
    return value.map((item, index) => this.restore(item, itemSchema(node, index)));
  }

  #restoreUnion(value: Json, branches: readonly JsonSchema[]): Json {
    const branch = branches.find((candidate) => this.#looksLike(value, candidate));
    return this.restore(value, branch ?? true);
  }

  #restoreObject(value: JsonObject, node: SchemaNode): Json {
    if (node.kind === "union") return this.#restoreUnion(value, node.branches);
    const properties = node.kind === "object" ? propertiesOf(node.schema) : new Map<string, JsonSchema>();
    const required = requiredOf(node.schema);
    const additional = node.kind === "object" ? asLenient(node.schema["additionalProperties"]) : true;
    const entries = Object.entries(value).flatMap(([key, child]): [string, Json][] => {
      const schema = properties.get(key);
      if (schema === undefined) return [[key, this.restore(child, additional)]];
      if (child === null && !required.has(key) && !this.#looksLike(null, schema)) return [];
      return [[key, this.restore(child, schema)]];
    });
    return Object.fromEntries(entries);
  }

  /** Whether the value has the shape of the schema, as far as it takes to tell the branches of a union apart. */
  #looksLike(value: Json, schema: JsonSchema): boolean {
    const node = this.#open(schema);
    switch (node.kind) {
      case "any":
        return true;
      case "never":
        return false;
      case "values":
        return node.values.some((allowed) => canonicalJson(allowed) === canonicalJson(value));
      case "union":
        return node.branches.some((branch) => this.#looksLike(value, branch));
      case "scalar":
        return node.types.some((type) => type === jsonTypeOf(value) || (type === "integer" && Number.isInteger(value)));
      case "array":
        return (
          Array.isArray(value) && value.every((item, index) => this.#looksLike(item as Json, itemSchema(node, index)))
        );
      case "object":
        return isJsonObject(value) && this.#looksLikeObject(opened(value), node.schema);
    }
  }

  #looksLikeObject(value: JsonObject, schema: JsonObject): boolean {
    const properties = propertiesOf(schema);
    const required = requiredOf(schema);
    for (const name of required) if (!Object.hasOwn(value, name)) return false;
    for (const [key, child] of Object.entries(value)) {
      const declared = properties.get(key);
      if (declared === undefined && schema["additionalProperties"] === false) return false;
      if (declared === undefined || (child === null && !required.has(key))) continue;
      if (!this.#looksLike(child, declared)) return false;
    }
    return true;
  }

  /** What cannot be read is left as it is: the validator has the last word. */
  #open(schema: JsonSchema): SchemaNode {
    try {
      return openSchema(schema, this.#root);
    } catch (error) {
      if (error instanceof ModelError) return { kind: "any", schema: {} };
      throw error;
    }
  }
}

/** `{ mesh_entries: [{ key, value }] }` as the object that it stands for; any other object as it is. */
function opened(value: JsonObject): JsonObject {
  const entries = onlyValue(value, ENTRIES_KEY);
  if (!Array.isArray(entries)) return value;
  const pairs = (entries as readonly Json[]).map((entry): [string, Json] | undefined => {
    if (!isJsonObject(entry)) return undefined;
    const { key, value: child } = entry;
    return typeof key === "string" && child !== undefined ? [key, child] : undefined;
  });
  const complete = pairs.filter((pair) => pair !== undefined);
  return complete.length === pairs.length ? Object.fromEntries(complete.filter(([key]) => key !== "__proto__")) : value;
}

function onlyValue(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) && Object.keys(value).length === 1 ? value[key] : undefined;
}

function itemSchema(node: SchemaNode, index: number): JsonSchema {
  const { prefixItems, items } = node.schema;
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
  const part = (tuple as readonly Json[])[index];
  if (part !== undefined) return asLenient(part);
  return Array.isArray(items) ? true : asLenient(items);
}

function asLenient(value: Json | undefined): JsonSchema {
  return typeof value === "boolean" || isJsonObject(value) ? asSchema(value) : true;
}
