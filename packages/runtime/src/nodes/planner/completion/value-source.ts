/** What an argument can be wired to instead of a literal: the value of an earlier line, or an input of the run. */
import { isJsonObject, type Json, type JsonObject, type JsonSchema, type ToolSpec } from "@agentmesh/core";
import { openSchema, propertiesIn, requiredIn, typesIn } from "./argument-schema.ts";
import { valueKind } from "./value-kind.ts";

/** The place that a value goes to. */
export interface ArgumentSlot {
  /** The nearest property name. */
  readonly name: string;
  /** Opened: without `$ref` and combinators. */
  readonly schema: JsonObject;
}

export interface ValueSource {
  /** As a line writes it: `t1`, `inputs.city`. */
  readonly name: string;
  /** `value`: some value of it could stand there. `text`: only the JSON text of the whole. Undefined: nothing. */
  feeds(slot: ArgumentSlot): SourceFit | undefined;
}

export type SourceFit = "value" | "text";

/** What a tool without an output schema gives (DESIGN 5). */
const PLAIN_OUTPUT: readonly (readonly [string, JsonObject])[] = [["text", { type: "string" }]];

/** An earlier line of the plan, which may call any of `tools`. */
export function lineSource(name: string, tools: readonly ToolSpec[]): ValueSource {
  const feeds = (slot: ArgumentSlot): SourceFit | undefined => {
    const wired = tools.map((tool) => wiredOutput(name, tool, slot));
    if (wired.some(isJsonObject)) return "value";
    return wired.some((value) => value !== undefined) ? "text" : undefined;
  };
  return { name, feeds };
}

export function inputSource(name: string, schema: JsonSchema): ValueSource {
  const source = isJsonObject(schema) ? schema : {};
  const feeds = (slot: ArgumentSlot): SourceFit | undefined =>
    !isClosed(slot) && sharesType(source, slot.schema) ? "value" : undefined;
  return { name: `inputs.${name}`, feeds };
}

/**
 * The argument that reads a task's value: the field of its output that fits, the whole as JSON text where a text is
 * wanted and no field is one; undefined when nothing of it fits.
 */
export function wiredOutput(id: string, { outputSchema }: ToolSpec, slot: ArgumentSlot): Json | undefined {
  if (isClosed(slot)) return undefined;
  const field = fieldFor(outputFields(outputSchema), slot);
  if (field !== undefined) return { $from: `${id}.${field}` };
  const isText = typesIn(slot.schema).includes("string") && valueKind(slot.name, slot.schema) === "text";
  return isText ? `{{ ${id} | tojson }}` : undefined;
}

function fieldFor(fields: readonly (readonly [string, JsonObject])[], slot: ArgumentSlot): string | undefined {
  const fitting = fields.filter(([name, schema]) => isFitting({ name, schema }, slot)).map(([name]) => name);
  return fitting.find((name) => name === slot.name) ?? fitting[0];
}

function isFitting(field: ArgumentSlot, slot: ArgumentSlot): boolean {
  if (!PLAIN_FIELD.test(field.name) || !sharesType(field.schema, slot.schema)) return false;
  const types = typesIn(slot.schema);
  if (!types.includes("string") || !typesIn(field.schema).includes("string")) return true;
  const kind = valueKind(slot.name, slot.schema);
  return kind === "text" || valueKind(field.name, field.schema) === kind;
}

/** What a reference can name without an index. */
const PLAIN_FIELD = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Every value of the source is one of the slot's types, with its elements and fields; what is deeper is left to the check of the plan. */
function sharesType(source: JsonObject, slot: JsonObject): boolean {
  const wanted = typesIn(slot);
  const isShared = typesIn(source).every(
    (type) => wanted.includes(type) || (type === "integer" && wanted.includes("number")),
  );
  const [from, into] = [source["items"], slot["items"]];
  const hasElements = !isJsonObject(from) || !isJsonObject(into) || sharesType(from, into);
  const fields = new Set(propertiesIn(source).map(([name]) => name));
  const hasFields = fields.size === 0 || [...requiredIn(slot)].every((name) => fields.has(name));
  return isShared && hasElements && hasFields;
}

/** A choice among given values cannot be left to an output. */
function isClosed({ schema }: ArgumentSlot): boolean {
  return "const" in schema || "enum" in schema;
}

function outputFields(outputSchema: JsonSchema | undefined): readonly (readonly [string, JsonObject])[] {
  if (outputSchema === undefined || typeof outputSchema === "boolean") return PLAIN_OUTPUT;
  const own = openSchema(outputSchema, outputSchema);
  return propertiesIn(own ?? {}).flatMap(([name, child]) => {
    const schema = openSchema(child, outputSchema);
    return schema === undefined ? [] : [[name, schema] as const];
  });
}
