/** Reads the lines of a plan as `plan-grammar.ts` describes them. Trusts nothing: a line that is cut or unknown gives nothing. */
import { isJson, type Json } from "@agentmesh/core";
import { PLAN_END } from "./plan-grammar.ts";
import type { PlanTool } from "./plan-tool.ts";

export interface PlanLine {
  readonly name: string;
  readonly tool: PlanTool;
  /** The part of the goal that it serves. */
  readonly part: string;
  readonly args: LineRecord;
}

export interface LineRecord {
  readonly kind: "record";
  readonly entries: readonly (readonly [string, LineValue])[];
}

export type LineValue =
  | { readonly kind: "literal"; readonly value: Json }
  | { readonly kind: "source"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly LineValue[] }
  | LineRecord;

const LINE = /^(t\d+) = ([A-Za-z][A-Za-z0-9_]*)\((.*)\)$/;
/** Sticky: each reads at the place that is reached. */
const KEY = /(?:([A-Za-z_][A-Za-z0-9_.-]*)|("(?:[^"\\]|\\.)*")): /y;
const SCALAR = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SOURCE = /t\d+|inputs\.[A-Za-z_][A-Za-z0-9_-]*/y;
const COMMA = /, /y;

/** Undefined when the plan has no end, no line, or a line that is no call. */
export function readPlanLines(text: string, tools: readonly PlanTool[]): readonly PlanLine[] | undefined {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const lines: PlanLine[] = [];
  let part = "";
  for (const line of text.trim().split("\n")) {
    if (line === PLAN_END) return lines.length === 0 ? undefined : lines;
    if (line.startsWith("# ")) {
      part = line.slice(2);
      continue;
    }
    const [, name = "", toolName = "", rest = ""] = LINE.exec(line) ?? [];
    const tool = byName.get(toolName);
    const args = tool === undefined ? undefined : new LineReader(rest).arguments();
    if (tool === undefined || args === undefined) return undefined;
    lines.push({ name, tool, part, args });
  }
  return undefined;
}

class LineReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  arguments(): LineRecord | undefined {
    const record = this.#members("");
    return this.#at === this.#text.length ? record : undefined;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at += match[0].length;
    return match ?? undefined;
  }

  #skip(char: string): boolean {
    const isThere = this.#text.startsWith(char, this.#at);
    if (isThere) this.#at += char.length;
    return isThere;
  }

  /** Up to `end`, which is taken too; an empty `end` is the end of the text. */
  #members(end: string): LineRecord | undefined {
    const entries: (readonly [string, LineValue])[] = [];
    while (!this.#isEnd(end)) {
      if (entries.length > 0 && this.#take(COMMA) === undefined) return undefined;
      const key = this.#take(KEY);
      const name = key?.[1] ?? textOf(key?.[2]);
      const value = name === undefined ? undefined : this.#value();
      if (name === undefined || value === undefined) return undefined;
      entries.push([name, value]);
    }
    return { kind: "record", entries };
  }

  #value(): LineValue | undefined {
    if (this.#skip("{")) return this.#members("}");
    if (this.#skip("[")) return this.#items();
    const scalar = this.#take(SCALAR);
    if (scalar !== undefined) return literalOf(scalar[0]);
    const source = this.#take(SOURCE);
    return source === undefined ? undefined : { kind: "source", name: source[0] };
  }

  #items(): LineValue | undefined {
    const items: LineValue[] = [];
    while (!this.#isEnd("]")) {
      if (items.length > 0 && this.#take(COMMA) === undefined) return undefined;
      const value = this.#value();
      if (value === undefined) return undefined;
      items.push(value);
    }
    return { kind: "list", items };
  }

  #isEnd(end: string): boolean {
    return end === "" ? this.#at === this.#text.length : this.#skip(end);
  }
}

/** A JSON string's text; undefined for what is none. */
function textOf(json: string | undefined): string | undefined {
  const literal = json === undefined ? undefined : literalOf(json);
  return literal?.kind === "literal" && typeof literal.value === "string" ? literal.value : undefined;
}

function literalOf(text: string): LineValue | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? { kind: "literal", value } : undefined;
  } catch {
    return undefined;
  }
}
