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
const ROOT = /^[A-Za-z_][A-Za-z0-9_-]*/;
const STEP = /\.([A-Za-z_$][A-Za-z0-9_$-]*)|\[(\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** The parsed reference, or undefined where the text is none. */
export function parseReference(text: string): Reference | undefined {
  const root = text.length > REFERENCE_CHARS_MAX ? undefined : ROOT.exec(text)?.[0];
  if (root === undefined) return undefined;
  const path: (string | number)[] = [];
  STEP.lastIndex = root.length;
  while (STEP.lastIndex < text.length) {
    const step = STEP.exec(text);
    if (step === null) return undefined;
    path.push(step[1] ?? (step[2] === undefined ? unquote(step[3] ?? "") : Number(step[2])));
  }
  return { root, path };
}

export function formatReference(reference: Reference): string {
  const steps = reference.path.map((step) => {
    if (typeof step === "number") return `[${step}]`;
    return /^[A-Za-z_$][A-Za-z0-9_$-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
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
