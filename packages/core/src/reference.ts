/**
 * A reference into a value of the run: `inputs.topic`, `hits.results[0].url`, `page["odd name"]`.
 * Its first part is the root (`inputs`, a task id, a loop name, `index`, `run`); the rest walks into the value.
 */
import { isJsonObject, type Json, ownValue } from "./json.ts";

export interface Reference {
  readonly root: string;
  readonly path: readonly (string | number)[];
}

/** The longest reference that is read, in characters. */
export const REFERENCE_CHARS_MAX = 1_000;
const ROOT = /[A-Za-z_][A-Za-z0-9_-]*/y;
const FIELD = /\.[A-Za-z_$][A-Za-z0-9_$-]*/y;
const NAME = /^[A-Za-z_$][A-Za-z0-9_$-]*$/;
const ELEMENT = /\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** The parsed reference, or undefined where the text is none. */
export function parseReference(text: string): Reference | undefined {
  const end = text.length > REFERENCE_CHARS_MAX ? undefined : endOf(ROOT, text, 0);
  if (end === undefined) return undefined;
  const path: (string | number)[] = [];
  for (let at = end; at < text.length;) {
    const fieldEnd = endOf(FIELD, text, at);
    if (fieldEnd === undefined) {
      ELEMENT.lastIndex = at;
      const [element, index, key = ""] = ELEMENT.exec(text) ?? [];
      if (element === undefined) return undefined;
      path.push(index === undefined ? unquote(key) : Number(index));
      at += element.length;
    } else {
      path.push(text.slice(at + 1, fieldEnd));
      at = fieldEnd;
    }
  }
  return { root: text.slice(0, end), path };
}

/** Where what stands at a place ends: most references are names and dots, and a test makes no list of what it found. */
function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

export function formatReference(reference: Reference): string {
  const steps = reference.path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    return NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return reference.root + steps.join("");
}

/** Follows a path into a value; undefined where it leads nowhere. Own keys only. */
export function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(at)) at = typeof step === "number" ? (at as readonly Json[])[step] : undefined;
    else if (isJsonObject(at)) at = ownValue(at, String(step));
    else return undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

function unquote(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}
