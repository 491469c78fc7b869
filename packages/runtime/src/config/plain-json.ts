/** Values of programs as JSON: members that are undefined are dropped, what JSON cannot say is named. */
import { isJsonObject, type Json } from "@agentmesh/core";
import { type ConfigPath, describePath } from "./config-path.ts";

export type PlainJson =
  | { readonly isPlain: true; readonly json: Json }
  /** `problem`: what stands where, never its value. */
  | { readonly isPlain: false; readonly problem: string };

const DEPTH_MAX = 50;

export function plainJson(value: unknown): PlainJson {
  const problem = problemOf(value, []);
  return problem === undefined ? { isPlain: true, json: withoutUndefined(value) } : { isPlain: false, problem };
}

function problemOf(value: unknown, path: ConfigPath): string | undefined {
  const place = path.length === 0 ? "it" : describePath(path);
  if (path.length > DEPTH_MAX) return `${place} nests deeper than ${DEPTH_MAX} levels`;
  if (Array.isArray(value)) return firstProblem(value.entries(), path);
  if (!isJsonObject(value)) return isScalar(value) ? undefined : `${place} is a ${typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return `${place} is no plain object`;
  if (Object.hasOwn(value, "__proto__")) return `${place} has a key that cannot be one`;
  return firstProblem(Object.entries(value), path);
}

/** Undefined counts as one: it is dropped. So do the numbers that JSON has not: the schema refuses them. */
function isScalar(value: unknown): boolean {
  return value === null || ["undefined", "string", "boolean", "number"].includes(typeof value);
}

function firstProblem(children: Iterable<readonly [string | number, unknown]>, path: ConfigPath): string | undefined {
  for (const [key, child] of children) {
    const problem = problemOf(child, [...path, key]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function withoutUndefined(value: unknown): Json {
  if (Array.isArray(value)) return value.map((item) => withoutUndefined(item ?? null));
  if (!isJsonObject(value)) return value as Json;
  const said = Object.entries(value).filter(([, member]) => (member as Json | undefined) !== undefined);
  return Object.fromEntries(said.map(([key, member]) => [key, withoutUndefined(member)]));
}
