/**
 * Reads one place of a JSON Schema (drafts 7 and 2020-12): references followed, `allOf` joined. References into
 * themselves are followed a bounded number of times, and are impossible beyond.
 */
import { isJsonObject, type Json, type JsonObject, type JsonSchema, ownValue } from "@agentmesh/core";
import { intersect } from "./schema-intersection.ts";
import { SchemaRefusalError } from "./schema-refusal-error.ts";

/** How often a value may nest in itself, through references, before only an end is allowed. */
export const RECURSION_DEPTH_MAX = 6;
/** References and `allOf` followed at one place before they count as endless. */
const HOPS_MAX = 64;

/** A schema, where it stands, and how many recursive references led there. */
export interface SchemaPlace {
  readonly schema: JsonSchema;
  /** JSON Pointer into the schema document. */
  readonly path: string;
  readonly level: number;
}

/** A place that is open: an object schema without `$ref` and `allOf`. */
export interface OpenPlace extends SchemaPlace {
  readonly schema: JsonObject;
}

export class SchemaReader {
  readonly #root: JsonSchema;
  readonly #recursive = new Map<string, boolean>();
  readonly #onLoss: (path: string, keyword: string, reason: string) => void;

  /** `onLoss` throws for what must not be left to validation. */
  constructor(root: JsonSchema, onLoss: (path: string, keyword: string, reason: string) => void) {
    this.#root = root;
    this.#onLoss = onLoss;
  }

  /** Undefined when no value is allowed there. Throws SchemaRefusalError. */
  open(place: SchemaPlace): OpenPlace | undefined {
    return this.#open(place, 0);
  }

  #open(place: SchemaPlace, hops: number): OpenPlace | undefined {
    const { schema, path, level } = place;
    if (schema === false) return undefined;
    if (schema === true) return { schema: {}, path, level };
    if (hops > HOPS_MAX) throw new SchemaRefusalError(path, "$ref", "never comes to an end");
    const { $ref: reference, allOf, ...own } = schema;
    if (reference === undefined && allOf === undefined) return { schema, path, level };
    let joined: OpenPlace | undefined = { schema: own, path, level };
    for (const part of this.#parts(place, reference, allOf)) {
      const opened = this.#open(part, hops + 1);
      joined = opened === undefined || joined === undefined ? undefined : this.#both(joined, opened);
    }
    if (joined === undefined) return undefined;
    return this.#open({ ...joined, path: reference === undefined ? path : joined.path }, hops + 1);
  }

  *#parts(place: SchemaPlace, reference: Json | undefined, allOf: Json | undefined): Generator<SchemaPlace> {
    if (reference !== undefined) yield this.#target(place, reference);
    if (allOf === undefined) return;
    if (!Array.isArray(allOf)) throw new SchemaRefusalError(place.path, "allOf", "is not a list");
    for (const [index, part] of (allOf as readonly Json[]).entries()) {
      yield { schema: asSchema(part, place.path, "allOf"), path: `${place.path}/allOf/${index}`, level: place.level };
    }
  }

  #both(left: OpenPlace, right: OpenPlace): OpenPlace | undefined {
    const { path } = left;
    const schema = intersect(left.schema, right.schema, ({ keyword }) =>
      this.#onLoss(path, keyword, "has two values that cannot be joined"),
    );
    if (typeof schema === "boolean") return undefined;
    const isBare = Object.keys(left.schema).length === 0;
    return { schema, path: isBare ? right.path : path, level: Math.max(left.level, right.level) };
  }

  #target({ path, level }: SchemaPlace, reference: Json): SchemaPlace {
    const target = typeof reference === "string" ? this.#resolve(reference) : undefined;
    if (typeof reference !== "string" || target === undefined) {
      throw new SchemaRefusalError(path, "$ref", `points to nothing in this document (${JSON.stringify(reference)})`);
    }
    const next = this.#isRecursive(reference) ? level + 1 : level;
    return { schema: next > RECURSION_DEPTH_MAX ? false : target, path: reference.slice(1), level: next };
  }

  #resolve(reference: string): JsonSchema | undefined {
    if (reference !== "#" && !reference.startsWith("#/")) return undefined;
    let target: Json | undefined = this.#root;
    for (const part of reference.split("/").slice(1)) {
      const key = decodePointer(part);
      if (Array.isArray(target)) target = (target as readonly Json[])[Number(key)];
      else target = isJsonObject(target) ? ownValue(target, key) : undefined;
    }
    return typeof target === "boolean" || isJsonObject(target) ? target : undefined;
  }

  /** Whether following the reference can lead to it again. */
  #isRecursive(reference: string): boolean {
    const known = this.#recursive.get(reference);
    if (known !== undefined) return known;
    const seen = new Set<string>();
    const open = [reference];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const inner of referencesIn(this.#resolve(next) ?? true)) {
        if (!seen.has(inner)) open.push(inner);
        seen.add(inner);
      }
    }
    this.#recursive.set(reference, seen.has(reference));
    return seen.has(reference);
  }
}

export function asSchema(value: Json | undefined, path: string, keyword: string): JsonSchema {
  if (value === undefined) return true;
  if (typeof value === "boolean" || isJsonObject(value)) return value;
  throw new SchemaRefusalError(path, keyword, "is neither an object nor a boolean");
}

function* referencesIn(value: Json): Generator<string> {
  if (Array.isArray(value)) for (const item of value as readonly Json[]) yield* referencesIn(item);
  if (!isJsonObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === "$ref" && typeof item === "string") yield item;
    else yield* referencesIn(item);
  }
}

function decodePointer(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}
