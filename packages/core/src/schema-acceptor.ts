/**
 * A quick yes for values that plainly fit a JSON Schema. It understands the keywords that tools use most, answers `true` only
 * where the validator would find nothing, and leaves everything else to it: a schema with any other keyword has no acceptor.
 */
import { isJsonObject, type Json, type JsonObject, type JsonSchema } from "./json.ts";

/** Stands where a value is not known yet: fits everywhere. */
export const HOLE: JsonObject = Object.freeze({});

/** `true`: it fits. `false`: it may not. */
export type Acceptor = (value: Json) => boolean;

type Keyword = (rule: Json, schema: JsonObject) => Acceptor | undefined;

const ANYTHING: Acceptor = () => true;
const NOTHING: Acceptor = () => false;
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$comment",
  "$schema",
  "default",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);

const TYPES: Readonly<Record<string, Acceptor>> = {
  null: (value) => value === null,
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  array: (value) => Array.isArray(value),
  object: isJsonObject,
};

const KEYWORDS: Readonly<Record<string, Keyword>> = {
  type: (rule) => (typeof rule === "string" ? ownType(rule) : oneOfTypes(rule)),
  enum: (rule) => (isScalarList(rule) ? (value) => rule.includes(value) : undefined),
  const: (rule) => (isScalar(rule) ? (value) => value === rule : undefined),
  minimum: (rule) => bound(rule, (limit) => (value) => typeof value !== "number" || value >= limit),
  maximum: (rule) => bound(rule, (limit) => (value) => typeof value !== "number" || value <= limit),
  // A character has one or two code units.
  minLength: (rule) => bound(rule, (limit) => (value) => typeof value !== "string" || value.length >= 2 * limit),
  maxLength: (rule) => bound(rule, (limit) => (value) => typeof value !== "string" || value.length <= limit),
  minItems: (rule) => bound(rule, (limit) => (value) => !Array.isArray(value) || value.length >= limit),
  maxItems: (rule) => bound(rule, (limit) => (value) => !Array.isArray(value) || value.length <= limit),
  items: itemsAcceptor,
  required: requiredAcceptor,
  properties: propertiesAcceptor,
  additionalProperties: additionalAcceptor,
};

/** Undefined for a schema that only the validator can judge. */
export function acceptorOf(schema: JsonSchema): Acceptor | undefined {
  if (typeof schema === "boolean") return schema ? ANYTHING : NOTHING;
  const acceptors: Acceptor[] = [];
  for (const [name, rule] of Object.entries(schema)) {
    if (ANNOTATIONS.has(name)) continue;
    const acceptor = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name]?.(rule, schema) : undefined;
    if (acceptor === undefined) return undefined;
    acceptors.push(acceptor);
  }
  return (value) => value === HOLE || acceptors.every((accepts) => accepts(value));
}

function ownType(name: string): Acceptor | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}

function oneOfTypes(rule: Json): Acceptor | undefined {
  if (!Array.isArray(rule)) return undefined;
  const types = rule.map((name: Json) => (typeof name === "string" ? ownType(name) : undefined));
  if (types.includes(undefined)) return undefined;
  return (value) => types.some((accepts) => accepts?.(value) === true);
}

function isScalar(value: Json): boolean {
  return value === null || typeof value !== "object";
}

function isScalarList(rule: Json): rule is readonly Json[] {
  return Array.isArray(rule) && rule.every(isScalar);
}

function bound(rule: Json, make: (limit: number) => Acceptor): Acceptor | undefined {
  return typeof rule === "number" ? make(rule) : undefined;
}

function itemsAcceptor(rule: Json): Acceptor | undefined {
  const accepts = schemaAcceptor(rule);
  if (accepts === undefined) return undefined;
  return (value) => !Array.isArray(value) || value.every((item: Json) => accepts(item));
}

function requiredAcceptor(rule: Json): Acceptor | undefined {
  if (!Array.isArray(rule) || !rule.every((name: Json) => typeof name === "string")) return undefined;
  const names = rule as readonly string[];
  return (value) => !isJsonObject(value) || names.every((name) => Object.hasOwn(value, name));
}

function propertiesAcceptor(rule: Json): Acceptor | undefined {
  if (!isJsonObject(rule)) return undefined;
  const properties: (readonly [string, Acceptor])[] = [];
  for (const [name, schema] of Object.entries(rule)) {
    const accepts = schemaAcceptor(schema);
    if (accepts === undefined) return undefined;
    properties.push([name, accepts]);
  }
  return (value) =>
    !isJsonObject(value) ||
    properties.every(([name, accepts]) => !Object.hasOwn(value, name) || accepts(value[name] ?? null));
}

function additionalAcceptor(rule: Json, { properties = {} }: JsonObject): Acceptor | undefined {
  const accepts = schemaAcceptor(rule);
  if (accepts === undefined || !isJsonObject(properties)) return undefined;
  const known = new Set(Object.keys(properties));
  return (value) =>
    !isJsonObject(value) || Object.keys(value).every((name) => known.has(name) || accepts(value[name] ?? null));
}

function schemaAcceptor(rule: Json): Acceptor | undefined {
  return typeof rule === "boolean" || isJsonObject(rule) ? acceptorOf(rule) : undefined;
}
