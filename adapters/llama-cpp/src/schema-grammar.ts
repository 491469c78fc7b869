/**
 * From a JSON Schema to a grammar in llama.cpp's notation (GBNF) whose every text is JSON of that schema. It may write
 * less than the schema allows (no property that is not mentioned, no exponents, bounded depth), never more. What it
 * cannot hold is refused with its place, or left to the validation of the answer where the caller allows that.
 */
import {
  canonicalJson,
  isJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  MeshError,
  SCHEMA_ANNOTATIONS,
  validateJson,
} from "@agentmesh/core";
import { arrayOf } from "./array-grammar.ts";
import { GrammarRules, literal, oneOf } from "./grammar-rules.ts";
import { childPath, type GrammarScope } from "./grammar-scope.ts";
import { objectOf } from "./object-grammar.ts";
import { integerOf, numberOf, stringOf } from "./scalar-grammar.ts";
import { mayFit } from "./schema-overlap.ts";
import { asSchema, type OpenPlace, type SchemaPlace, SchemaReader } from "./schema-reader.ts";
import { SchemaRefusalError } from "./schema-refusal-error.ts";

/** Keywords that only narrow: leaving one out gives answers that its validation may refuse, never ones it cannot read. */
export const LOOSE_KEYWORDS = [
  "pattern",
  "format",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
  "uniqueItems",
  "contains",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
  "propertyNames",
  "patternProperties",
  "dependentRequired",
  "dependentSchemas",
  "dependencies",
  "unevaluatedItems",
  "unevaluatedProperties",
  "oneOf",
  "not",
  "if",
] as const;
export type LooseKeyword = (typeof LOOSE_KEYWORDS)[number];

export interface SchemaGrammarOptions {
  /** Keywords that the caller validates afterwards anyway; none when absent. */
  readonly loose?: readonly LooseKeyword[];
}

/** A keyword that the grammar does not hold. `path`: JSON Pointer into the schema. */
export interface LeftKeyword {
  readonly path: string;
  readonly keyword: string;
}

export interface SchemaGrammar {
  /** GBNF; the start rule is `root`. */
  readonly grammar: string;
  readonly left: readonly LeftKeyword[];
}

/** Places of a schema once its references are followed: more is a schema out of hand. */
const PLACES_MAX = 20_000;
/** Characters of a grammar: the largest that llama.cpp reads in well under a second. */
const CHARACTERS_MAX = 1_000_000;
/** How deep a value may nest of which the schema says nothing. */
const FREE_DEPTH_MAX = 3;

/** Throws SchemaRefusalError (AM_MODEL_SCHEMA_UNSUPPORTED). */
export function schemaGrammar(schema: JsonSchema, options: SchemaGrammarOptions = {}): SchemaGrammar {
  if (!isJson(schema)) throw new SchemaRefusalError("", "schema", "is not JSON, or nests too deep");
  const compiler = new SchemaCompiler(schema, new Set(options.loose));
  const start = withinStack(() => compiler.compile({ schema, path: "", level: 0 }));
  if (start === undefined) throw new SchemaRefusalError("", "schema", "allows no value");
  return { grammar: compiler.rules.text(start), left: compiler.left };
}

function withinStack<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new SchemaRefusalError("", "schema", "nests too deep");
    throw error;
  }
}

class SchemaCompiler implements GrammarScope {
  readonly rules = new GrammarRules();
  readonly left: LeftKeyword[] = [];
  readonly #root: JsonSchema;
  readonly #loose: ReadonlySet<string>;
  readonly #reader: SchemaReader;
  readonly #known = new Map<string, string | undefined>();
  #places = 0;

  constructor(root: JsonSchema, loose: ReadonlySet<string>) {
    this.#root = root;
    this.#loose = loose;
    this.#reader = new SchemaReader(root, (path, keyword, reason) => this.#lose(path, keyword, reason));
  }

  compile(place: SchemaPlace): string | undefined {
    const key = referenceKey(place);
    if (key === undefined) return this.#compile(place);
    if (!this.#known.has(key)) this.#known.set(key, this.#compile(place));
    return this.#known.get(key);
  }

  open(place: SchemaPlace): OpenPlace | undefined {
    return this.#reader.open(place);
  }

  lose(place: SchemaPlace, keyword: string, reason: string): void {
    this.#lose(place.path, keyword, reason);
  }

  #lose(path: string, keyword: string, reason: string): void {
    if (!this.#loose.has(keyword)) throw new SchemaRefusalError(path, keyword, reason);
    const isNew = this.left.every((known) => known.path !== path || known.keyword !== keyword);
    if (isNew) this.left.push({ path, keyword });
  }

  #compile(place: SchemaPlace): string | undefined {
    this.#places += 1;
    if (this.#places > PLACES_MAX || this.rules.characters > CHARACTERS_MAX) {
      throw new SchemaRefusalError(place.path, "schema", "is too large for a grammar");
    }
    const open = this.open(place);
    if (open === undefined) return undefined;
    const values = valuesOf(open.schema);
    if (values !== undefined) return this.#values(open, values);
    for (const [keyword, reason] of UNHELD) {
      if (open.schema[keyword] !== undefined) this.lose(open, keyword, reason);
    }
    if (open.schema["anyOf"] !== undefined) return this.#union(open, "anyOf");
    if (open.schema["oneOf"] !== undefined) return this.#union(open, "oneOf");
    return this.#typed(open);
  }

  /** Every keyword that stands beside a list of values is applied to them now. */
  #values(place: OpenPlace, values: readonly Json[]): string | undefined {
    const beside = Object.entries(place.schema).filter(
      ([keyword]) => !SCHEMA_ANNOTATIONS.has(keyword) && keyword !== "enum",
    );
    const schema = Object.fromEntries(beside);
    const texts = values
      .filter((value) => this.#isValid(place, schema, value))
      .map((value) => literal(JSON.stringify(value)));
    return texts.length === 0 ? undefined : this.rules.add("value", oneOf(texts));
  }

  #isValid(place: OpenPlace, schema: JsonObject, value: Json): boolean {
    if (Object.keys(schema).every((keyword) => keyword === "const")) return true;
    const isReferring = JSON.stringify(schema).includes('"$ref"');
    const document = isJsonObject(this.#root) && isReferring ? this.#root : {};
    const { $defs = {}, definitions = {} } = document;
    try {
      return validateJson({ ...schema, $defs, definitions }, value).length === 0;
    } catch (error) {
      if (error instanceof MeshError)
        throw new SchemaRefusalError(place.path, "enum", "stands beside what is unusable");
      throw error;
    }
  }

  #union(place: OpenPlace, keyword: "anyOf" | "oneOf"): string | undefined {
    const { [keyword]: listed, ...siblings } = place.schema;
    if (!Array.isArray(listed)) throw new SchemaRefusalError(place.path, keyword, "is not a list");
    const branches = (listed as readonly Json[]).flatMap((branch, index) => {
      const path = childPath(place, keyword, index);
      const schema = withSiblings(siblings, asSchema(branch, path, keyword));
      const open = this.open({ schema, path, level: place.level });
      return open === undefined ? [] : [open];
    });
    if (keyword === "oneOf") this.#checkApart(place, branches);
    const expressions = branches.map((branch) => this.compile(branch)).filter((found) => found !== undefined);
    return expressions.length === 0 ? undefined : this.rules.add("union", oneOf(expressions));
  }

  /** `oneOf` is `anyOf` where no value fits two branches. */
  #checkApart(place: OpenPlace, branches: readonly OpenPlace[]): void {
    for (const [index, { schema }] of branches.entries()) {
      const rival = branches.findIndex((other, at) => at !== index && mayFit(schema, other.schema));
      if (rival === -1) continue;
      this.lose(place, "oneOf", `has branches that may hold at once (${index} and ${rival})`);
      return;
    }
  }

  #typed(place: OpenPlace): string | undefined {
    const types = typesOf(place);
    if (types === undefined) return this.#anything(FREE_DEPTH_MAX);
    const expressions = types.map((type) => this.#ofType(place, type)).filter((found) => found !== undefined);
    const [only] = expressions;
    if (only === undefined) return undefined;
    return expressions.length === 1 ? only : this.rules.add("union", oneOf(expressions));
  }

  #ofType(place: OpenPlace, type: string): string | undefined {
    switch (type) {
      case "null":
        return this.rules.add("null", literal("null"));
      case "boolean":
        return this.rules.add("boolean", oneOf([literal("true"), literal("false")]));
      case "integer":
        return integerOf(this, place);
      case "number":
        return numberOf(this, place);
      case "string":
        return stringOf(this, place);
      case "array":
        return arrayOf(this, place);
      case "object":
        return objectOf(this, place);
      default:
        throw new SchemaRefusalError(place.path, "type", `names no type of JSON (${JSON.stringify(type)})`);
    }
  }

  /** Any JSON, so deep. */
  #anything(depth: number): string {
    const place: OpenPlace = { schema: {}, path: "", level: 0 };
    const scalars = ["string", "number", "boolean", "null"].map((type) => this.#ofType(place, type) ?? "");
    if (depth === 0) return this.rules.add("anything", oneOf(scalars));
    const inner = this.#anything(depth - 1);
    const comma = `"," ${this.rules.space()}`;
    const list = this.rules.add("array", `"[" ( ${inner} ( ${comma} ${inner} )* )? "]"`);
    const entry = `${this.#ofType(place, "string") ?? ""} ":" ${this.rules.space()} ${inner}`;
    const map = this.rules.add("object", `"{" ( ${entry} ( ${comma} ${entry} )* )? "}"`);
    return this.rules.add("anything", oneOf([...scalars, list, map]));
  }
}

/** Keywords of any kind of value that a grammar cannot hold. */
const UNHELD = [
  ["not", "excludes what the rest allows"],
  ["if", "depends on the value"],
  ["$dynamicRef", "depends on how the schema was reached"],
  ["$recursiveRef", "depends on how the schema was reached"],
] as const;

/** A place that only refers has the same grammar wherever it stands. */
function referenceKey({ schema, level }: SchemaPlace): string | undefined {
  if (!isJsonObject(schema) || typeof schema["$ref"] !== "string") return undefined;
  const isBare = Object.keys(schema).every((keyword) => keyword === "$ref" || keyword === "description");
  return isBare ? `${level} ${schema["$ref"]}` : undefined;
}

function valuesOf(schema: JsonObject): readonly Json[] | undefined {
  if (schema["const"] !== undefined) return [schema["const"]];
  const listed = schema["enum"];
  return Array.isArray(listed) ? (listed as readonly Json[]) : undefined;
}

function withSiblings(siblings: JsonObject, branch: JsonSchema): JsonSchema {
  const own = Object.fromEntries(Object.entries(siblings).filter(([keyword]) => !SCHEMA_ANNOTATIONS.has(keyword)));
  return Object.keys(own).length === 0 ? branch : { allOf: [own, branch] };
}

/** Keywords that only make sense for one type tell it, where the schema does not. */
const TELLING: readonly (readonly [type: string, keywords: readonly string[]])[] = [
  ["object", ["properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"]],
  ["string", ["pattern", "minLength", "maxLength", "format"]],
  ["number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]],
];

/** Undefined when the schema says nothing of the kind of value. */
function typesOf({ schema, path }: OpenPlace): readonly string[] | undefined {
  const { type } = schema;
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) {
    const names = (type as readonly Json[]).map(String);
    return names.includes("number") ? names.filter((name) => name !== "integer") : names;
  }
  if (type !== undefined) throw new SchemaRefusalError(path, "type", `is ${canonicalJson(type)}`);
  return TELLING.find(([, keywords]) => keywords.some((keyword) => keyword in schema))?.slice(0, 1) as
    | readonly string[]
    | undefined;
}
