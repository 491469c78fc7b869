/**
 * A cassette as text that people read and compare: one line for what is short, one line of the file for each line of a long
 * text (`$lines`), lists of pieces filled like prose. The same cassette always gives the same text.
 */
import { isJsonObject, type Json, type JsonObject } from "@agentmesh/core";

const COLUMNS = 100;
/** Shorter texts stay as they are, line feeds or not; in UTF-16 units. */
const FOLDED_CHARS_MIN = 60;
const LINES = "$lines";
/** Around an object of the run itself that looks like one of ours. */
const LITERAL = "$literal";

export function cassetteText(cassette: Json): string {
  return `${written(folded(cassette), "")}\n`;
}

/** The value that cassetteText has written. */
export function unfolded(value: Json): Json {
  if (Array.isArray(value)) return value.map(unfolded);
  if (!isJsonObject(value)) return value;
  const lines = value[LINES];
  if (isFolded(value) && Array.isArray(lines)) return lines.join("\n");
  const literal = value[LITERAL];
  return eachField(isAlone(value, LITERAL) && isJsonObject(literal) ? literal : value, unfolded);
}

function folded(value: Json): Json {
  if (typeof value === "string")
    return value.length >= FOLDED_CHARS_MIN && value.includes("\n") ? { [LINES]: value.split("\n") } : value;
  if (Array.isArray(value)) return value.map(folded);
  if (!isJsonObject(value)) return value;
  const fields = eachField(value, folded);
  return isFolded(value) || isAlone(value, LITERAL) ? { [LITERAL]: fields } : fields;
}

function eachField(value: JsonObject, change: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each)]));
}

function isAlone(value: JsonObject, name: string): boolean {
  const names = Object.keys(value);
  return names.length === 1 && names[0] === name;
}

function isFolded(value: JsonObject): boolean {
  const lines = value[LINES];
  return isAlone(value, LINES) && Array.isArray(lines) && lines.every((line) => typeof line === "string");
}

function written(value: Json, indent: string): string {
  const short = inline(value);
  const isText = isJsonObject(value) && isFolded(value);
  if (typeof value !== "object" || value === null || (!isText && indent.length + short.length <= COLUMNS)) return short;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${listLines(value, inner)}\n${indent}]`;
  if (isText) return `{ "${LINES}": [\n${lineLines(value, inner)}\n${indent}] }`;
  const fields = Object.entries(value).map(
    ([name, each]) => `${inner}${JSON.stringify(name)}: ${written(each, inner)}`,
  );
  return `{\n${fields.join(",\n")}\n${indent}}`;
}

/** In one line. */
function inline(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${inline(each)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function lineLines(value: JsonObject, inner: string): string {
  const lines = value[LINES];
  return (Array.isArray(lines) ? lines : []).map((line: Json) => inner + JSON.stringify(line)).join(",\n");
}

function listLines(list: readonly Json[], inner: string): string {
  const isPlain = list.every((item) => typeof item !== "object");
  return isPlain ? filled(list, inner) : list.map((item) => inner + written(item, inner)).join(",\n");
}

/** As many as fit into a line. */
function filled(list: readonly Json[], inner: string): string {
  const lines: string[] = [];
  let line = "";
  for (const item of list) {
    const next = JSON.stringify(item);
    if (line !== "" && inner.length + line.length + 2 + next.length > COLUMNS) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? next : `, ${next}`;
  }
  return [...lines, line].map((each) => inner + each).join(",\n");
}
