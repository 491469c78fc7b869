/** Walks a JSON Schema as zod writes them (no conditions, references only into `$defs`), beside the value it describes. */
import { isJsonObject, type JsonObject, ownValue } from "@agentmesh/core";
import type { ConfigPath } from "./config-path.ts";
import { findSourced, membersOf, type SourcedValue } from "./sourced-value.ts";

/** How often a reference may lead on to another. */
const REFERENCES_MAX = 8;
const DEFINITIONS = "#/$defs/";

/** What may stand at a path: the schema there, taken apart where it is a union. Empty when nothing may. */
export function schemasAt(root: JsonObject, path: ConfigPath, tree?: SourcedValue): readonly JsonObject[] {
  let schemas = branchesOf(root, root, tree);
  for (const [index, part] of path.entries()) {
    const node = tree === undefined ? undefined : findSourced(tree, path.slice(0, index + 1));
    schemas = schemas.flatMap((schema) => childrenOf(schema, part)).flatMap((child) => branchesOf(child, root, node));
  }
  return schemas;
}

/** The keys that an object at this place may have by name. */
export function namedKeys(schemas: readonly JsonObject[]): readonly string[] {
  return [...new Set(schemas.flatMap((schema) => Object.keys(propertiesOf(schema))))];
}

/** Whether an object at this place may also have keys of the user's choice. */
export function hasFreeKeys(schemas: readonly JsonObject[]): boolean {
  return schemas.some((schema) => isJsonObject(ownValue(schema, "additionalProperties")));
}

export function propertiesOf(schema: JsonObject): JsonObject {
  const properties = ownValue(schema, "properties");
  return isJsonObject(properties) ? properties : {};
}

function childrenOf(schema: JsonObject, part: string | number): readonly JsonObject[] {
  const child =
    typeof part === "number"
      ? ownValue(schema, "items")
      : (ownValue(propertiesOf(schema), part) ?? ownValue(schema, "additionalProperties"));
  return isJsonObject(child) ? [child] : [];
}

function branchesOf(schema: JsonObject, root: JsonObject, node: SourcedValue | undefined): readonly JsonObject[] {
  const target = resolveReference(schema, root);
  const unions = [ownValue(target, "oneOf"), ownValue(target, "anyOf")].filter((union) => Array.isArray(union));
  if (unions.length === 0) return [target];
  return unions
    .flat()
    .filter(isJsonObject)
    .map((branch) => resolveReference(branch, root))
    .filter((branch) => isChosen(branch, node));
}

function resolveReference(schema: JsonObject, root: JsonObject): JsonObject {
  let target = schema;
  for (let count = 0; count < REFERENCES_MAX; count++) {
    const reference = ownValue(target, "$ref");
    if (typeof reference !== "string" || !reference.startsWith(DEFINITIONS)) return target;
    const definitions = ownValue(root, "$defs");
    const found = isJsonObject(definitions) ? ownValue(definitions, reference.slice(DEFINITIONS.length)) : undefined;
    if (!isJsonObject(found)) return target;
    target = found;
  }
  return target;
}

/** A branch whose tag the value contradicts (another `provider`) is not the one that was meant. */
function isChosen(branch: JsonObject, node: SourcedValue | undefined): boolean {
  const members = membersOf(node);
  const required = ownValue(branch, "required");
  if (members === undefined || !Array.isArray(required)) return true;
  return Object.entries(propertiesOf(branch)).every(([key, property]) => {
    const said = members.get(key)?.value;
    if (
      said === undefined ||
      said === null ||
      typeof said === "object" ||
      !required.includes(key) ||
      !isJsonObject(property)
    )
      return true;
    const options = ownValue(property, "enum") ?? [ownValue(property, "const")];
    return !Array.isArray(options) || options[0] === undefined || options.includes(said);
  });
}
