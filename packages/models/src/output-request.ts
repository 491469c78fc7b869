/** How a wish for JSON reaches a backend: as a schema it enforces, as its JSON mode, or in words. The ladder's first half. */
import { canonicalJson, type JsonObject, type JsonSchema } from "@agentmesh/core";
import { ModelError, type ModelOutput, type OutputControl } from "@agentmesh/ports";
import type { SchemaDialectName } from "./schema-dialect.ts";
import { type DroppedKeyword, projectSchema } from "./schema-projection.ts";

export interface OutputRequest {
  /** What the backend is asked to enforce. */
  readonly control: "schema" | "json" | "text";
  /** With control `schema`. */
  readonly schema?: JsonObject;
  /** Letters, digits, `_` and `-`, at most 64: what every backend takes. */
  readonly name: string;
  /** For the prompt, where the backend does not enforce the shape. */
  readonly instruction?: string;
  readonly warnings: readonly string[];
}

/** The wish for a schema; a grammar is for backends that run one. */
export type SchemaOutput = Extract<ModelOutput, { readonly schema: JsonSchema }>;

/** A schema that the dialect cannot express is asked for in words instead, and a warning says so. */
export function outputRequest(output: SchemaOutput, control: OutputControl, dialect: SchemaDialectName): OutputRequest {
  const name = plainName(output.name);
  if (control === "json" || control === "text") return inWords(output.schema, { control, name, warnings: [] });
  try {
    const { schema, dropped } = projectSchema(output.schema, dialect);
    return { control: "schema", schema, name, warnings: droppedWarning(dropped) };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return outputInWords(output, error.message);
  }
}

/** JSON mode with the schema in the prompt, and the reason why it is not enforced as a warning. */
export function outputInWords(output: SchemaOutput, reason: string): OutputRequest {
  const name = plainName(output.name);
  const warning = `${reason} Asked for in the prompt instead.`;
  return inWords(output.schema, { control: "json", name, warnings: [warning] });
}

const INSTRUCTION =
  "Answer with one JSON value that conforms to this JSON Schema, and with nothing else: no other text, no code fence.";

function inWords(schema: JsonSchema, request: OutputRequest): OutputRequest {
  const instruction = `${INSTRUCTION}\n${canonicalJson(schema)}`;
  return { ...request, instruction };
}

function plainName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64) || "answer";
}

/** Names shown in one warning. */
const DROPPED_SHOWN_MAX = 5;

function droppedWarning(dropped: readonly DroppedKeyword[]): readonly string[] {
  if (dropped.length === 0) return [];
  const shown = dropped.slice(0, DROPPED_SHOWN_MAX).map(({ path, keyword }) => `${keyword} at ${path || "the root"}`);
  const more = dropped.length > DROPPED_SHOWN_MAX ? ` and ${dropped.length - DROPPED_SHOWN_MAX} more` : "";
  return [`The backend does not enforce these parts of the schema: ${shown.join(", ")}${more}.`];
}
