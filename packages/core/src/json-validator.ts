/**
 * Validates values against JSON Schemas that come from outside. Interpreted by @cfworker/json-schema: no schema ever
 * becomes code, no remote `$ref` is ever fetched. Validators are cached per schema object, so a tool's schema is read once.
 */
import { type OutputUnit, Validator } from "@cfworker/json-schema";
import { isJson, isJsonObject, type Json, type JsonSchema } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import { type Acceptor, acceptorOf } from "./schema-acceptor.ts";

export interface SchemaViolation {
  /** JSON Pointer into the value. */
  readonly path: string;
  /** The keyword that refused it, as `required`, `type`. */
  readonly keyword: string;
  /** Where the keyword stands in the schema. */
  readonly schemaPath: string;
  readonly message: string;
}

export type JsonValidator = (value: Json) => readonly SchemaViolation[];

/** How many violations are reported of one value. */
export const VIOLATIONS_MAX = 20;
/** Keywords that only say that something below them was refused. */
const SUMMARIES = new Set([
  "properties",
  "items",
  "prefixItems",
  "$ref",
  "additionalItems",
  "allOf",
  "patternProperties",
]);

/** The schema itself cannot be used: not JSON, too deep, an unresolvable reference, a bad pattern. */
export class UnusableSchemaError extends MeshError {
  constructor(reason: string, cause?: unknown) {
    super({
      code: "AM_SCHEMA_UNUSABLE",
      message: `The JSON Schema cannot be used: ${reason}.`,
      hint: "Values cannot be checked against it; report it to whoever wrote the schema.",
      facts: { reason },
      cause,
    });
  }
}

/** A schema made ready: the library's word, and a quick yes before it is asked. */
interface CompiledSchema {
  readonly validate: JsonValidator;
  readonly accepts: Acceptor | undefined;
}

const NO_VIOLATIONS: readonly SchemaViolation[] = [];
const cache = new WeakMap<object, CompiledSchema>();

/** Throws UnusableSchemaError, at once or at the first use of the broken part. */
export function compileJsonSchema(schema: JsonSchema): JsonValidator {
  if (schema === true) return () => NO_VIOLATIONS;
  if (schema === false)
    return () => [{ path: "", keyword: "false", schemaPath: "#", message: "No value is allowed here." }];
  return compiled(schema).validate;
}

/** What the schema refuses of a value; empty when it fits. */
export function validateJson(schema: JsonSchema, value: Json): readonly SchemaViolation[] {
  return compileJsonSchema(schema)(value);
}

/** Whether a value with holes (see HOLE) plainly fits, whatever comes into the holes; false when only the validator can tell. */
export function plainlyFits(schema: JsonSchema, value: Json): boolean {
  return typeof schema === "boolean" ? schema : compiled(schema).accepts?.(value) === true;
}

function compiled(schema: Exclude<JsonSchema, boolean>): CompiledSchema {
  const known = cache.get(schema);
  if (known !== undefined) return known;
  const made = compile(schema);
  cache.set(schema, made);
  return made;
}

function compile(schema: Exclude<JsonSchema, boolean>): CompiledSchema {
  if (!isJson(schema)) throw new UnusableSchemaError("it is not JSON, or nests too deep");
  const own = copyOf(schema) as object;
  const accepts = acceptorOf(schema);
  const validator = guarded(() => new Validator(own, draftOf(schema), false));
  const validate: JsonValidator = (value) => {
    if (accepts?.(value) === true) return NO_VIOLATIONS;
    const result = guarded(() => validator.validate(value));
    return result.valid ? NO_VIOLATIONS : violationsOf(result.errors);
  };
  return { validate, accepts };
}

/** A copy: the library writes marks into the schema that it is given. */
function copyOf(value: Json): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  return isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]))
    : value;
}

function draftOf(schema: Exclude<JsonSchema, boolean>): "4" | "7" | "2019-09" | "2020-12" {
  const declared = typeof schema["$schema"] === "string" ? schema["$schema"] : "";
  if (declared.includes("draft-04")) return "4";
  if (declared.includes("draft-07") || declared.includes("draft-06")) return "7";
  return declared.includes("2019-09") ? "2019-09" : "2020-12";
}

function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new UnusableSchemaError(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error), error);
  }
}

function violationsOf(errors: readonly OutputUnit[]): readonly SchemaViolation[] {
  const leaves = errors.filter((error) => !SUMMARIES.has(error.keyword));
  return (leaves.length > 0 ? leaves : errors).slice(0, VIOLATIONS_MAX).map((error) => ({
    path: error.instanceLocation.replace(/^#/, ""),
    keyword: error.keyword,
    schemaPath: error.keywordLocation,
    message: error.error,
  }));
}
