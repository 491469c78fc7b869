/** What a tool says of itself: all that its fingerprint covers, and nothing else. */
import {
  type Json,
  type JsonObject,
  type JsonSchema,
  jsonPointer,
  type ToolChange,
  type ToolSpec,
} from "@agentmesh/core";
import { differencesBetween } from "../cassette/json-difference.ts";

export interface ToolDefinition {
  readonly description?: string | undefined;
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonSchema | undefined;
  readonly annotations?: JsonObject | undefined;
}

/** A change that is longer is cut around where it begins, in UTF-16 units. */
const CHANGE_CHARS_MAX = 160;
/** So much of what is the same stands before what is not. */
const CONTEXT_CHARS = 40;
const CHANGES_MAX = 20;
/** Everything that does not print, and what only looks like a space. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]|(?! )\p{Zs}|\p{Zl}|\p{Zp}/gu;

/** As its server sent it. */
export function definitionOf({ description, rawDescription, ...spec }: ToolSpec): ToolDefinition {
  const said = rawDescription ?? description;
  return {
    ...(said === "" ? {} : { description: said }),
    inputSchema: spec.inputSchema,
    ...(spec.outputSchema === undefined ? {} : { outputSchema: spec.outputSchema }),
    ...(spec.annotations === undefined ? {} : { annotations: spec.annotations }),
  };
}

/** For people: what differs, piece by piece, each short enough for a line, with what nobody sees written out. */
export function changesBetween(was: ToolDefinition, is: ToolDefinition): readonly ToolChange[] {
  return differencesBetween(jsonOf(was), jsonOf(is))
    .slice(0, CHANGES_MAX)
    .map(({ path, recorded, asked }) => {
      const [before, after] = [textOf(recorded), textOf(asked)];
      const at = firstDifference(before ?? "", after ?? "");
      return {
        path: seen(path === "" ? jsonPointer([]) : path),
        ...(before === undefined ? {} : { was: excerpt(before, at) }),
        ...(after === undefined ? {} : { is: excerpt(after, at) }),
      };
    });
}

function jsonOf(definition: ToolDefinition): Json {
  return definition as unknown as Json;
}

function textOf(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : seen(JSON.stringify(value));
}

function seen(text: string): string {
  return text.replace(UNSEEN, (unit) => `\\u{${unit.codePointAt(0)?.toString(16) ?? ""}}`);
}

function firstDifference(left: string, right: string): number {
  let at = 0;
  while (at < left.length && at < right.length && left[at] === right[at]) at++;
  return at;
}

function excerpt(text: string, at: number): string {
  if (text.length <= CHANGE_CHARS_MAX) return text;
  const from = Math.max(0, Math.min(at - CONTEXT_CHARS, text.length - CHANGE_CHARS_MAX));
  const end = from + CHANGE_CHARS_MAX;
  return `${from > 0 ? "…" : ""}${text.slice(from, end)}${end < text.length ? "…" : ""}`.toWellFormed();
}
