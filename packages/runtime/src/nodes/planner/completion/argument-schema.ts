/** Reads a tool's input schema as a grammar needs it: references followed, one schema at a time, every leaf with its place. */
import { isJsonObject, type Json, type JsonObject, ownValue, UnusableSchemaError, validateJson } from "@agentmesh/core";

/** Levels below the arguments, and references in a row, that are followed. */
export const SCHEMA_LEVELS_MAX = 5;
const LEAVES_MAX = 200;

/** One value that an argument holds, not a container of others. */
export interface ArgumentLeaf {
  /** The nearest property name. */
  readonly name: string;
  readonly schema: JsonObject;
  /** Whether it stands in a list, where there may be many. */
  readonly isListed: boolean;
  readonly isRequired: boolean;
  /** Property names from the arguments down. */
  readonly path: readonly string[];
}

/** The schema with `$ref` and a single `allOf` opened; undefined when it allows nothing or points outside. */
export function openSchema(schema: Json | undefined, root: JsonObject): JsonObject | undefined {
  let at: Json | undefined = schema ?? {};
  for (let hops = 0; hops <= SCHEMA_LEVELS_MAX; hops += 1) {
    if (at === true) return {};
    if (!isJsonObject(at)) return undefined;
    const { $ref: reference, allOf, ...rest }: JsonObject = at;
    if (typeof reference === "string") at = definition(reference, root);
    else if (Array.isArray(allOf)) at = onlyBranch(allOf as readonly Json[], rest);
    else return at;
  }
  return undefined;
}

/** The types that a schema names, or those that its other keywords mean. */
export function typesIn(schema: JsonObject): readonly string[] {
  const { type } = schema;
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return (type as readonly Json[]).filter((name) => typeof name === "string");
  if (isJsonObject(schema["properties"])) return ["object"];
  return schema["items"] === undefined ? ["string"] : ["array"];
}

/** The names that an object schema asks for. */
export function requiredIn(schema: JsonObject): ReadonlySet<string> {
  const { required } = schema;
  return new Set(Array.isArray(required) ? required.filter((name) => typeof name === "string") : []);
}

export function propertiesIn(schema: JsonObject): readonly (readonly [string, Json])[] {
  const { properties } = schema;
  return isJsonObject(properties) ? Object.entries(properties) : [];
}

/** Every leaf of the arguments, in the order of the schema. */
export function argumentLeaves(inputSchema: JsonObject): readonly ArgumentLeaf[] {
  const leaves: ArgumentLeaf[] = [];
  const visit = (schema: Json | undefined, place: Omit<ArgumentLeaf, "schema">, level: number): void => {
    const own = openSchema(schema, inputSchema);
    if (own === undefined || level > SCHEMA_LEVELS_MAX || leaves.length >= LEAVES_MAX) return;
    const properties = propertiesIn(own);
    const required = requiredIn(own);
    if (properties.length > 0) {
      for (const [name, child] of properties) {
        const isRequired = place.isRequired && required.has(name);
        visit(child, { ...place, name, isRequired, path: [...place.path, name] }, level + 1);
      }
    } else if (own["items"] === undefined) leaves.push({ ...place, schema: own });
    else visit(own["items"], { ...place, isListed: true }, level + 1);
  };
  if (propertiesIn(inputSchema).length > 0)
    visit(inputSchema, { name: "", isListed: false, isRequired: true, path: [] }, 0);
  return leaves;
}

/** Whether a literal keeps every keyword of its own schema. What cannot be validated is not allowed. */
export function isAllowed(value: Json, schema: JsonObject, root: JsonObject): boolean {
  const shared = ["$schema", "$defs", "definitions"].flatMap((key) => {
    const own = ownValue(root, key);
    return own === undefined ? [] : [[key, own] as const];
  });
  try {
    return validateJson({ ...schema, ...Object.fromEntries(shared) }, value).length === 0;
  } catch (error) {
    if (error instanceof UnusableSchemaError) return false;
    throw error;
  }
}

/** What a local pointer leads to; false, which allows nothing, for any other. */
function definition(reference: string, root: JsonObject): Json {
  if (!reference.startsWith("#/")) return false;
  let at: Json | undefined = root;
  for (const step of reference.slice(2).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    at = isJsonObject(at) ? ownValue(at, key) : undefined;
  }
  return at ?? false;
}

function onlyBranch(branches: readonly Json[], rest: JsonObject): Json {
  const [only] = branches;
  return branches.length === 1 && isJsonObject(only) ? { ...rest, ...only } : false;
}
