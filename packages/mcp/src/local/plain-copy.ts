/** A copy of a value that is JSON as it stands, in one walk and without its text. */
import { JSON_DEPTH_MAX, type Json } from "@agentmesh/core";

export interface PlainCopy {
  readonly copy: Json;
  /** Its JSON text has at most so many bytes. */
  readonly bytesMax: number;
}

/** A UTF-16 code unit as JSON is at worst a backslash, a u and four digits. */
const CODE_UNIT_BYTES_MAX = 6;
/** A number, `true`, `false` or `null`. */
const SCALAR_BYTES_MAX = 25;
/** Quotes, brackets, colon and comma of one part. */
const PUNCTUATION_BYTES = 4;

/** Undefined where JSON would say the value in another way (dates, undefined, NaN, classes), or not at all. */
export function plainCopy(value: unknown): PlainCopy | undefined {
  const size = { bytesMax: 0 };
  const copy = copied(value, size, JSON_DEPTH_MAX);
  return copy === undefined ? undefined : { copy, bytesMax: size.bytesMax };
}

function copied(value: unknown, size: { bytesMax: number }, depthMax: number): Json | undefined {
  size.bytesMax += PUNCTUATION_BYTES;
  if (typeof value === "string") {
    size.bytesMax += value.length * CODE_UNIT_BYTES_MAX;
    return value;
  }
  if (typeof value === "number") {
    size.bytesMax += SCALAR_BYTES_MAX;
    return Number.isFinite(value) && !Object.is(value, -0) ? value : undefined;
  }
  if (value === null || typeof value === "boolean") {
    size.bytesMax += SCALAR_BYTES_MAX;
    return value;
  }
  if (typeof value !== "object" || depthMax === 0) return undefined;
  return Array.isArray(value) ? copiedList(value, size, depthMax) : copiedRecord(value, size, depthMax);
}

function copiedList(list: readonly unknown[], size: { bytesMax: number }, depthMax: number): Json | undefined {
  const copy: Json[] = [];
  for (const each of list) {
    const item = copied(each, size, depthMax - 1);
    if (item === undefined) return undefined;
    copy.push(item);
  }
  return "toJSON" in list ? undefined : copy;
}

function copiedRecord(record: object, size: { bytesMax: number }, depthMax: number): Json | undefined {
  const prototype: unknown = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(record)) {
    const item = copied((record as Readonly<Record<string, unknown>>)[key], size, depthMax - 1);
    if (item === undefined || key === "__proto__") return undefined;
    size.bytesMax += key.length * CODE_UNIT_BYTES_MAX;
    copy[key] = item;
  }
  return copy;
}
