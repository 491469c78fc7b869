/** Reads the text of a configuration in YAML or JSON; every value knows its line. */
import { isJson, isJsonObject, type Json, jsonPointer } from "@agentmesh/core";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { ConfigFormat } from "./config-file-name.ts";
import type { ConfigPath } from "./config-path.ts";
import { ConfigSyntaxError } from "./config-syntax-error.ts";
import { findJsonFault } from "./json-fault.ts";
import { type SourcedValue, sourcedFrom } from "./sourced-value.ts";
import { positionAt } from "./text-position.ts";
import { complaintOf, type YamlComplaint } from "./yaml-complaint.ts";

export interface ConfigText {
  /** Absolute path. */
  readonly file: string;
  readonly text: string;
  readonly format: Exclude<ConfigFormat, "module">;
}

/** Far more than a configuration needs, and far less than a stack holds. */
const DEPTH_MAX = 50;
/** How many values aliases may repeat. */
const ALIAS_COUNT_MAX = 100;

/** An empty text is an empty configuration. Throws ConfigSyntaxError. */
export function parseConfigText(source: ConfigText): SourcedValue {
  return source.format === "json" ? parseJson(source) : parseYaml(source);
}

function parseJson(source: ConfigText): SourcedValue {
  if (source.text.trim() === "") return sourced({}, new Map(), source);
  const fault = findJsonFault(source.text);
  // All tabs of JSON are space between its values; YAML is particular about them.
  if (fault === undefined) return parseYaml({ ...source, text: source.text.replaceAll("\t", " ") });
  const hint = fault.message === "JSON has no comments." ? { hint: "Remove it, or rename the file to .yaml." } : {};
  throw syntaxError(source, fault.offset, { message: fault.message, ...hint });
}

/** JSON is YAML too, so that one parser finds the lines of both. */
function parseYaml(source: ConfigText): SourcedValue {
  const { document, lines } = parseNodes(source);
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) throw syntaxError(source, error.pos[0], complaintOf(error));
  new LineWalk(source, lines).visit(document.contents, []);
  return sourced(valueOf(document, source), lines.found, source);
}

interface Lines {
  readonly counter: LineCounter;
  /** By JSON Pointer. */
  readonly found: Map<string, number>;
}

function parseNodes(source: ConfigText) {
  const counter = new LineCounter();
  try {
    const document = parseDocument(source.text, {
      lineCounter: counter,
      prettyErrors: false,
      stringKeys: true,
      schema: "core",
      resolveKnownTags: false,
      logLevel: "error",
    });
    return { document, lines: { counter, found: new Map<string, number>() } };
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(source, 0);
    throw error;
  }
}

/** Notes the line of every value, and refuses what no configuration needs. Does not follow aliases. */
class LineWalk {
  readonly #source: ConfigText;
  readonly #lines: Lines;

  constructor(source: ConfigText, lines: Lines) {
    this.#source = source;
    this.#lines = lines;
  }

  visit(node: unknown, path: ConfigPath): void {
    if (path.length > DEPTH_MAX) throw tooDeep(this.#source, offsetOf(node));
    if (isMap(node)) {
      for (const { key, value } of node.items) this.#visitPair(key, value, path);
    }
    if (!isSeq(node)) return;
    for (const [index, item] of node.items.entries()) {
      this.#note([...path, index], item);
      this.visit(item, [...path, index]);
    }
  }

  #visitPair(key: unknown, value: unknown, path: ConfigPath): void {
    const name = isScalar(key) ? String(key.value) : "";
    if (isAlias(key) || name === "__proto__") {
      throw syntaxError(this.#source, offsetOf(key), { message: "This cannot be a key." });
    }
    this.#note([...path, name], key);
    this.visit(value, [...path, name]);
  }

  #note(path: ConfigPath, node: unknown): void {
    this.#lines.found.set(jsonPointer(path), this.#lines.counter.linePos(offsetOf(node)).line);
  }
}

function offsetOf(node: unknown): number {
  const isNode = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node);
  return isNode ? (node.range?.[0] ?? 0) : 0;
}

function valueOf(document: ReturnType<typeof parseDocument>, source: ConfigText): Json {
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_COUNT_MAX });
    if (isJson(value)) return value;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw syntaxError(source, 0, { message: "Its aliases repeat too much." });
  }
  throw syntaxError(source, 0, { message: "It holds something that JSON has not: .inf, .nan, or an alias of itself." });
}

function sourced(value: Json, lines: ReadonlyMap<string, number>, { file }: ConfigText): SourcedValue {
  const lineNear = (path: ConfigPath): number | undefined => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(jsonPointer(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
  return sourcedFrom(withoutEmptySections(value), (path) => {
    const line = lineNear(path);
    return { kind: "file", file, ...(line === undefined ? {} : { line }) };
  });
}

/** `mcpServers:` with nothing below it, because all of it is commented out, says nothing. */
function withoutEmptySections(value: Json): Json {
  if (!isJsonObject(value)) return value ?? {};
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

function syntaxError({ file, text }: ConfigText, offset: number, complaint: YamlComplaint): ConfigSyntaxError {
  return new ConfigSyntaxError({ file, text, position: positionAt(text, lastWordBefore(text, offset)), ...complaint });
}

/** Something that is left open is found missing at the end of the text, where there is nothing to see. */
function lastWordBefore(text: string, offset: number): number {
  const isBlank = text.slice(offset).trim() === "";
  return isBlank ? text.slice(0, offset).trimEnd().length : offset;
}

function tooDeep(source: ConfigText, offset: number): ConfigSyntaxError {
  return syntaxError(source, offset, { message: `It nests deeper than ${DEPTH_MAX} levels.` });
}
