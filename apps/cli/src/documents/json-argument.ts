/** JSON that stands on the command line, or in a file that it names with `@FILE`. */
import { readFile } from "node:fs/promises";
import { isJson, isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import { UsageError } from "../arguments/usage-error.ts";
import { JsonFileError } from "./json-file-error.ts";
import { faultOf, positionOf } from "./json-text.ts";

/** How much of a text is repeated in a message, in UTF-16 units. */
const QUOTED_CHARS_MAX = 60;

/** `what` names the value in messages: `--args`. Throws UsageError, JsonFileError. */
export async function readJsonArgument(text: string, what: string): Promise<Json> {
  const json = text.startsWith("@") ? await readText(text.slice(1), what) : text;
  try {
    const value: unknown = JSON.parse(json);
    if (isJson(value)) return value;
  } catch {
    // Said below, for what parses and is too deep as well.
  }
  throw new UsageError(
    `${sentence(what)} is not JSON: ${excerptOf(json)}.`,
    `A text stands in quotes of its own: '"yes"'.`,
  );
}

/** Throws UsageError, JsonFileError. */
export async function readJsonObject(text: string, what: string): Promise<JsonObject> {
  const value = await readJsonArgument(text, what);
  if (isJsonObject(value)) return value;
  throw new UsageError(`${what} is not a JSON object.`, `Give all arguments by name: ${what} '{"to": "Ann"}'`);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).replace(/^\ufeff/, "");
  } catch (error) {
    throw new JsonFileError(what, file, error);
  }
}

function excerptOf(text: string): string {
  const { line, column } = positionOf(text, faultOf(text) ?? text.length);
  const beginning = text.slice(0, QUOTED_CHARS_MAX).toWellFormed();
  return `line ${line}, column ${column} of ${beginning}${beginning.length < text.length ? "..." : ""}`;
}
