/**
 * What each kind of backend accepts of JSON Schema and really enforces (researched and read from the providers'
 * sources, November 2026). A dialect is data: what is not listed is stated in the description instead.
 */

export type SchemaDialectName = "openai" | "groq" | "anthropic" | "gemini" | "generic";

export interface SchemaDialect {
  readonly name: SchemaDialectName;
  /** The root must be an object, and not a union. */
  readonly needsObjectRoot: boolean;
  /** No property may be absent: an optional one is required and may be null. */
  readonly needsEveryProperty: boolean;
  /** Free maps and "anything" cannot be said and are written as lists of entries. */
  readonly encodesOpenValues: boolean;
  readonly allowsRecursion: boolean;
  readonly allowsTuples: boolean;
  /** Keywords of one value that are accepted and enforced. */
  readonly constraints: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
  /** Lengths and item counts above this are not sent: a grammar unrolls them. */
  readonly repetitionsMax: number;
  readonly limits: SchemaLimits;
}

/** Over one of these a schema is refused before it is sent. */
export interface SchemaLimits {
  readonly properties: number;
  readonly depth: number;
  readonly characters: number;
  readonly enumValues: number;
}

const NUMBER_RANGES = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const;
const ITEM_COUNTS = ["minItems", "maxItems"] as const;
const LENGTHS = ["minLength", "maxLength"] as const;

/** Of ours, so that a schema out of hand is an error and not a request of megabytes. */
const WIDE_LIMITS: SchemaLimits = { properties: 10_000, depth: 64, characters: 500_000, enumValues: 10_000 };

const DIALECTS: Readonly<Record<SchemaDialectName, SchemaDialect>> = {
  // Structured outputs, strict: platform.openai.com/docs/guides/structured-outputs, limits of February 2026.
  openai: {
    name: "openai",
    needsObjectRoot: true,
    needsEveryProperty: true,
    encodesOpenValues: true,
    allowsRecursion: true,
    allowsTuples: false,
    constraints: new Set([...NUMBER_RANGES, ...ITEM_COUNTS, "multipleOf", "pattern", "format"]),
    formats: new Set(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"]),
    repetitionsMax: Number.MAX_SAFE_INTEGER,
    limits: { properties: 5_000, depth: 10, characters: 120_000, enumValues: 1_000 },
  },
  // The shape rules of OpenAI; which of its constraints hold is not documented, so none is relied on.
  groq: {
    name: "groq",
    needsObjectRoot: true,
    needsEveryProperty: true,
    encodesOpenValues: true,
    allowsRecursion: true,
    allowsTuples: false,
    constraints: new Set(),
    formats: new Set(),
    repetitionsMax: 0,
    limits: { properties: 5_000, depth: 10, characters: 120_000, enumValues: 1_000 },
  },
  // Native structured output where the schema allows it; else its driver turns to a forced tool call by itself.
  anthropic: {
    name: "anthropic",
    needsObjectRoot: true,
    needsEveryProperty: false,
    encodesOpenValues: false,
    allowsRecursion: true,
    allowsTuples: false,
    constraints: new Set(["format"]),
    formats: new Set(["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"]),
    repetitionsMax: 0,
    limits: WIDE_LIMITS,
  },
  // responseJsonSchema: ai.google.dev/gemini-api/docs/structured-output.
  gemini: {
    name: "gemini",
    needsObjectRoot: false,
    needsEveryProperty: false,
    encodesOpenValues: false,
    allowsRecursion: false,
    allowsTuples: true,
    constraints: new Set(["minimum", "maximum", ...ITEM_COUNTS, "format"]),
    formats: new Set(["date-time", "date", "time"]),
    repetitionsMax: Number.MAX_SAFE_INTEGER,
    limits: WIDE_LIMITS,
  },
  // What the grammar compilers of llama.cpp (llama-server, Ollama) and vLLM (xgrammar) have in common.
  generic: {
    name: "generic",
    needsObjectRoot: false,
    needsEveryProperty: false,
    encodesOpenValues: false,
    allowsRecursion: true,
    allowsTuples: true,
    constraints: new Set([...NUMBER_RANGES, ...ITEM_COUNTS, ...LENGTHS, "format"]),
    formats: new Set(["date", "time", "date-time", "uuid"]),
    repetitionsMax: 1_000,
    limits: WIDE_LIMITS,
  },
};

export function schemaDialect(name: SchemaDialectName): SchemaDialect {
  return DIALECTS[name];
}
