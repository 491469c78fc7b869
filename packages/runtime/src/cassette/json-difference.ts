/** Where two values differ, as a short list: enough to see what has changed. */
import { isJsonObject, type Json, jsonPointer } from "@agentmesh/core";

export interface Difference {
  /** A JSON Pointer; of a text with several lines, with the line behind it: `/messages/0/text:3`. */
  readonly path: string;
  /** Undefined: it is not there. */
  readonly recorded: Json | undefined;
  readonly asked: Json | undefined;
}

/** More are not looked for. */
export const DIFFERENCES_MAX = 50;

export function differencesBetween(recorded: Json, asked: Json): readonly Difference[] {
  const found: Difference[] = [];
  compare({ recorded, asked, parts: [] }, found);
  return found;
}

interface Place {
  readonly recorded: Json | undefined;
  readonly asked: Json | undefined;
  readonly parts: readonly (string | number)[];
}

function compare({ recorded, asked, parts }: Place, found: Difference[]): void {
  if (found.length >= DIFFERENCES_MAX) return;
  if (isJsonObject(recorded) && isJsonObject(asked)) {
    for (const name of new Set([...Object.keys(recorded), ...Object.keys(asked)]))
      compare({ recorded: recorded[name], asked: asked[name], parts: [...parts, name] }, found);
  } else if (isList(recorded) && isList(asked)) {
    for (let index = 0; index < Math.max(recorded.length, asked.length); index++)
      compare({ recorded: recorded[index], asked: asked[index], parts: [...parts, index] }, found);
  } else if (recorded !== asked) found.push(leafDifference({ recorded, asked, parts }));
}

/** Of long texts the first line that differs. */
function leafDifference({ recorded, asked, parts }: Place): Difference {
  const path = jsonPointer(parts);
  if (typeof recorded !== "string" || typeof asked !== "string") return { path, recorded, asked };
  const [before, after] = [recorded.split("\n"), asked.split("\n")];
  if (before.length === 1 && after.length === 1) return { path, recorded, asked };
  const line = before.findIndex((text, index) => text !== after[index]);
  const at = line === -1 ? before.length : line;
  return { path: `${path}:${at + 1}`, recorded: before[at], asked: after[at] };
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
