/** JSON as a type, and the one canonical text of a value: the same value always gives the same bytes, so the same hash. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}
/** A JSON Schema document (draft 2020-12 unless it says otherwise), as a tool declares it. */
export type JsonSchema = JsonObject | boolean;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON text with object keys in code-unit order and no white space (RFC 8785's order and layout). */
export function canonicalJson(value: Json): string {
  return isInOrder(value) ? JSON.stringify(value) : orderedJson(value);
}

function orderedJson(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) text += `${text === "" ? "" : ","}${canonicalJson(item)}`;
    return `[${text}]`;
  }
  const record = value as JsonObject;
  for (const key of sortedKeys(record))
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${canonicalJson(record[key] ?? null)}`;
  return `{${text}}`;
}

/** Most records have few keys, and the sort of the language makes copies of any list. */
const FEW_KEYS = 12;

/** In code-unit order, as canonical text has them. */
export function sortedKeys(record: JsonObject): readonly string[] {
  const keys = Object.keys(record);
  if (keys.length > FEW_KEYS) return keys.sort();
  for (let end = 1; end < keys.length; end++) {
    const key = keys[end] ?? "";
    let at = end;
    for (let before = keys[at - 1]; before !== undefined && before > key; before = keys[at - 1]) keys[at--] = before;
    keys[at] = key;
  }
  return keys;
}

/** Whether all keys stand in code-unit order already, so that the engine's own writer gives the canonical text. */
function isInOrder(value: Json): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let before = "";
  const record = value as JsonObject;
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (key < before || item === undefined || !isInOrder(item)) return false;
    before = key;
  }
  return true;
}

/** How deep a value may nest: deeper documents are refused before anything recurses into them. */
export const JSON_DEPTH_MAX = 100;

/** Whether a value is JSON through and through (finite numbers, plain objects, nothing undefined) and not too deep. */
export function isJson(value: unknown, depthMax: number = JSON_DEPTH_MAX): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depthMax === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depthMax - 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((item) => isJson(item, depthMax - 1));
}

/** The value of an own key; never one of the prototype. */
export function ownValue(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Sets an own key; a plain assignment of `__proto__` would change what the record is. */
export function setOwn(record: Record<string, Json>, key: string, value: Json): void {
  if (key === "__proto__")
    Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
  else record[key] = value;
}

/** A JSON Pointer (RFC 6901) from its parts. */
export function jsonPointer(parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
