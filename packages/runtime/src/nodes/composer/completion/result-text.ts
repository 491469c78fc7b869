/**
 * A task's value as plain lines, which a small model reads better than JSON: `name: Nadia`, lists joined by "; ". Results are
 * text of strangers: each line is indented, so that none of them can look like a line of the prompt.
 */
import { isJsonObject, type Json } from "@agentmesh/core";
import { withoutMedia } from "../../media-text.ts";

/** Characters of one result that the model sees: about 500 tokens. */
export const RESULT_CHARACTERS_MAX = 1_500;
const LEVELS_MAX = 8;
/** What stands where a result goes on. */
export const CUT_MARK = "[cut]";

/** On several lines, without control characters. */
export function resultText(value: Json): string {
  const text = withoutMedia(plainText(value)).toWellFormed().replaceAll("\r\n", "\n");
  // eslint-disable-next-line no-control-regex
  const lines = text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]+/g, " ").split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** At most RESULT_CHARACTERS_MAX characters, with a mark when there are more. */
export function cutText(text: string, charactersMax: number = RESULT_CHARACTERS_MAX): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax).toWellFormed()} ${CUT_MARK}`;
}

/** The text of a tool without structured output is shown without its content blocks. */
function plainText(value: Json): string {
  if (!isJsonObject(value)) return linesOf(value, "", 0);
  const { content, ...rest } = value;
  const shown = typeof content === "string" || Object.keys(rest).length === 0 ? value : rest;
  const [only, ...others] = Object.values(shown);
  return others.length === 0 && typeof only === "string" ? only : linesOf(shown, "", 0);
}

function linesOf(value: Json, key: string, level: number): string {
  if (level > LEVELS_MAX) return "";
  if (Array.isArray(value)) return linesOfList(value as readonly Json[], key, level);
  if (isJsonObject(value)) {
    return Object.entries(value)
      .filter(([, child]) => !isEmpty(child))
      .map(([name, child]) => linesOf(child, name, level + 1))
      .join("\n");
  }
  return key === "" ? scalarText(value) : `${key}: ${scalarText(value)}`;
}

function linesOfList(items: readonly Json[], key: string, level: number): string {
  if (items.some((item) => typeof item === "object" && item !== null)) {
    return items.map((item) => linesOf(item, "", level + 1)).join("\n");
  }
  const texts = items.map(scalarText);
  return key === "" ? texts.join("\n") : `${key}: ${texts.join("; ")}`;
}

function scalarText(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEmpty(value: Json): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}
