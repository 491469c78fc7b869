/**
 * A tool in a few lines that a model reads easily: `server.tool(argument: type, optional?: type) -> type`, then what it
 * says of itself. Names and descriptions are text of strangers: bounded, on one line, in quotes, without tags.
 */
import { isJsonObject, type Json, type JsonObject, type JsonSchema, ownValue, type ToolSpec } from "@agentmesh/core";

const DESCRIPTION_CHARACTERS_MAX = 400;
const ARGUMENT_TEXT_CHARACTERS_MAX = 120;
const NAME_CHARACTERS_MAX = 80;
/** Arguments that are explained; all are listed. */
const ARGUMENTS_EXPLAINED_MAX = 12;
/** Levels of a type that are written out. */
const LEVELS_MAX = 4;
const FIELDS_MAX = 16;
const VALUES_MAX = 12;
/** Characters of one written type: what is longer is cut inside its own braces. */
const TYPE_CHARACTERS_MAX = 600;
const PLAIN_NAME = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;

export function toolSignature(tool: ToolSpec): string {
  const args = fieldsOf(tool.inputSchema, tool.inputSchema, 0);
  const lines = [`${plainName(tool.name)}(${args}) -> ${outputType(tool)}`];
  const description = quoted(tool.description, DESCRIPTION_CHARACTERS_MAX);
  if (description !== '""') lines.push(`  ${description}`);
  return [...lines, ...explanations(tool.inputSchema)].join("\n");
}

/** What a task of this tool gives, as a type; with `...` where the tool does not say. */
export function outputType(tool: ToolSpec): string {
  const { outputSchema } = tool;
  if (outputSchema === undefined || outputSchema === true) return learnedType(tool) ?? "{text: string, ...}";
  return typeText({ schema: outputSchema, root: outputSchema, level: 0 });
}

/** Its keys come from outputs: where those may be a stranger's, they are not told (promise 9). */
function learnedType({ outputShape, isOpenWorld }: ToolSpec): string | undefined {
  if (outputShape === undefined || outputShape.isUntrusted || isOpenWorld) return undefined;
  const { schema } = outputShape;
  return `${typeText({ schema, root: schema, level: 0 })} (learned from earlier results)`;
}

/** Untrusted text as one line in quotes. */
export function quoted(text: string, charactersMax: number): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("<", "\u2039").replaceAll(">", "\u203a").trim();
  return JSON.stringify(line.length <= charactersMax ? line : `${line.slice(0, charactersMax)}...`);
}

function explanations(inputSchema: JsonObject): readonly string[] {
  const { properties } = inputSchema;
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties)
    .flatMap(([name, schema]) => {
      const description = isJsonObject(schema) ? schema["description"] : undefined;
      if (typeof description !== "string" || description.trim() === "") return [];
      return [`  ${plainName(name)}: ${quoted(description, ARGUMENT_TEXT_CHARACTERS_MAX)}`];
    })
    .slice(0, ARGUMENTS_EXPLAINED_MAX);
}

interface TypePlace {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly level: number;
}

function typeText({ schema, root, level }: TypePlace): string {
  if (typeof schema === "boolean" || level > LEVELS_MAX) return "any";
  const own = followed(schema, root);
  const branches = own["anyOf"] ?? own["oneOf"];
  if (Array.isArray(branches)) {
    const types = (branches as readonly Json[]).map((branch) => typeText({ schema: asSchema(branch), root, level }));
    return cut([...new Set(types)].join(" | "));
  }
  const values = "const" in own ? [own["const"]] : own["enum"];
  if (Array.isArray(values)) return valuesText(values as readonly Json[]);
  return structureText(own, root, level);
}

function structureText(own: JsonObject, root: JsonSchema, level: number): string {
  const { type, properties, items } = own;
  if (isJsonObject(properties)) return `{${fieldsOf(own, root, level)}}`;
  if (items !== undefined && !Array.isArray(items)) {
    return `[${typeText({ schema: asSchema(items), root, level: level + 1 })}]`;
  }
  if (typeof type === "string") return type === "array" ? "[any]" : type;
  return Array.isArray(type) ? type.join(" | ") : "any";
}

function fieldsOf(schema: JsonObject, root: JsonSchema, level: number): string {
  const own = followed(schema, root);
  const { properties, required } = own;
  if (!isJsonObject(properties)) return "";
  const needed = new Set(Array.isArray(required) ? (required as readonly Json[]) : []);
  const entries = Object.entries(properties);
  const fields = entries.slice(0, FIELDS_MAX).map(([name, child]) => {
    const text = typeText({ schema: asSchema(child), root, level: level + 1 });
    return `${plainName(name)}${needed.has(name) ? "" : "?"}: ${text}${defaultText(child)}`;
  });
  return cut([...fields, ...(entries.length > FIELDS_MAX ? ["..."] : [])].join(", "));
}

function defaultText(schema: Json): string {
  const value = isJsonObject(schema) ? schema["default"] : undefined;
  return value === undefined || value === null ? "" : ` = ${literal(value)}`;
}

function valuesText(values: readonly Json[]): string {
  const shown = values.slice(0, VALUES_MAX).map(literal);
  return cut([...shown, ...(values.length > VALUES_MAX ? ["..."] : [])].join(" | "));
}

function literal(value: Json): string {
  return typeof value === "string"
    ? quoted(value, NAME_CHARACTERS_MAX)
    : JSON.stringify(value).slice(0, NAME_CHARACTERS_MAX);
}

function plainName(name: string): string {
  return name.split(".").every((part) => PLAIN_NAME.test(part)) && name.length <= NAME_CHARACTERS_MAX
    ? name
    : quoted(name, NAME_CHARACTERS_MAX);
}

function cut(text: string): string {
  return text.length <= TYPE_CHARACTERS_MAX ? text : `${text.slice(0, TYPE_CHARACTERS_MAX)}...`;
}

function followed(schema: JsonObject, root: JsonSchema): JsonObject {
  let at = schema;
  for (let hops = 0; hops < LEVELS_MAX; hops += 1) {
    const { $ref: reference, allOf } = at;
    const only = Array.isArray(allOf) && allOf.length === 1 ? (allOf as readonly Json[])[0] : undefined;
    const next = typeof reference === "string" ? definition(reference, root) : only;
    if (!isJsonObject(next)) return at;
    at = next;
  }
  return at;
}

function definition(reference: string, root: JsonSchema): Json | undefined {
  let at: Json | undefined = root;
  for (const part of reference.split("/").slice(1)) at = isJsonObject(at) ? ownValue(at, part) : undefined;
  return at;
}

function asSchema(value: Json): JsonSchema {
  return isJsonObject(value) || typeof value === "boolean" ? value : true;
}
