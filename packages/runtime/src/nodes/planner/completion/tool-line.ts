/** A tool in one line of the prompt: `write_file(path: string, content: string) - Create a new file`. Required arguments only. */
import { isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import { openSchema, propertiesIn, requiredIn, typesIn } from "./argument-schema.ts";
import type { PlanTool } from "./plan-tool.ts";

const DESCRIPTION_CHARACTERS_MAX = 60;
const ARGUMENTS_CHARACTERS_MAX = 240;
const NAME_CHARACTERS_MAX = 40;
const VALUES_SHOWN_MAX = 8;
const LEVELS_MAX = 2;
/** What a cut description should not end with. */
const LOOSE_END = /(\s+(a|an|the|of|to|as|in|with|from|for|and|or|its|by|on)|,)+$/;

export function toolLine({ name, spec }: PlanTool): string {
  const types = fieldsText(spec.inputSchema, spec.inputSchema, 0);
  const args = types.length <= ARGUMENTS_CHARACTERS_MAX ? types : `${types.slice(0, ARGUMENTS_CHARACTERS_MAX)}...`;
  const description = shortDescription(spec.description);
  return `${name}(${args})${description === "" ? "" : ` - ${description}`}`;
}

/** The first sentence on one line, cut between words. */
function shortDescription(description: string): string {
  const [first = ""] = plainLine(description.slice(0, 1_000)).split(/(?<=\.)\s/);
  const sentence = first.replace(/\.$/, "");
  if (sentence.length <= DESCRIPTION_CHARACTERS_MAX) return sentence;
  const end = sentence.lastIndexOf(" ", DESCRIPTION_CHARACTERS_MAX);
  return sentence
    .slice(0, end > 0 ? end : DESCRIPTION_CHARACTERS_MAX)
    .toWellFormed()
    .replace(LOOSE_END, "");
}

function fieldsText(schema: JsonObject, root: JsonObject, level: number): string {
  const required = requiredIn(schema);
  return propertiesIn(schema)
    .filter(([name]) => required.has(name))
    .map(([name, child]) => `${plainLine(name).slice(0, NAME_CHARACTERS_MAX)}: ${typeText(child, root, level)}`)
    .join(", ");
}

function typeText(schema: Json, root: JsonObject, level: number): string {
  const own = openSchema(schema, root);
  if (own === undefined || level > LEVELS_MAX) return "any";
  const { enum: values } = own;
  if (Array.isArray(values)) {
    const shown = (values as readonly Json[]).slice(0, VALUES_SHOWN_MAX).map((value) => JSON.stringify(value));
    return plainLine(shown.join("|"));
  }
  const types = typesIn(own);
  if (types.includes("array")) return `${typeText(own["items"] ?? true, root, level + 1)}[]`;
  if (types.includes("object") && isJsonObject(own["properties"])) return `{${fieldsText(own, root, level + 1)}}`;
  return types.length === 0 ? "any" : types.join("|").slice(0, NAME_CHARACTERS_MAX);
}

/** Untrusted text as one line without control characters and tags. */
function plainLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .replaceAll("<", "\u2039")
    .replaceAll(">", "\u203a")
    .trim();
}
