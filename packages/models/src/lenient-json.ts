/**
 * JSON as models write it: strict first, repaired only where strict fails. Never throws. Keys named `__proto__` are
 * dropped, and what is too deep or holds a number that JSON cannot (1e999) is no value.
 */
import type { Json } from "@agentmesh/core";
import { jsonrepair } from "jsonrepair";
import { walkBrackets } from "./json-bracket.ts";

/** Levels of nesting: nothing that a plan or an argument needs comes near it. */
export const JSON_NESTING_MAX = 100;
/** Characters repaired for one answer. Stray quotes make jsonrepair quadratic: 100,000 took 3 s, this takes 0.5 s. */
export const REPAIR_CHARACTERS_MAX = 40_000;

export type JsonReading = { readonly isRead: true; readonly value: Json } | { readonly isRead: false };

const UNREAD: JsonReading = { isRead: false };

export function readStrictJson(text: string): JsonReading {
  if (nestingOf(text) > JSON_NESTING_MAX) return UNREAD;
  try {
    let isFinite = true;
    const value = JSON.parse(text, (key, child: unknown): unknown => {
      if (typeof child === "number" && !Number.isFinite(child)) isFinite = false;
      return key === "__proto__" ? undefined : child;
    }) as Json;
    return isFinite ? { isRead: true, value } : UNREAD;
  } catch {
    return UNREAD;
  }
}

/** The caller holds REPAIR_CHARACTERS_MAX. */
export function readRepairedJson(text: string): JsonReading {
  if (nestingOf(text) > JSON_NESTING_MAX) return UNREAD;
  try {
    return readStrictJson(jsonrepair(text));
  } catch {
    return UNREAD;
  }
}

/** Counted before anything recurses into it. */
function nestingOf(text: string): number {
  let deepest = 0;
  walkBrackets(text, 0, (depth) => {
    deepest = Math.max(deepest, depth);
    return deepest > JSON_NESTING_MAX;
  });
  return deepest;
}
