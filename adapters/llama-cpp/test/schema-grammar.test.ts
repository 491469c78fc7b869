import type { Json, JsonObject, JsonSchema } from "@agentmesh/core";
import { validateJson } from "@agentmesh/core";
import { assert as assertProperty, boolean, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { integerGrammar } from "../src/number-grammar.ts";
import { LOOSE_KEYWORDS, schemaGrammar, type SchemaGrammarOptions } from "../src/schema-grammar.ts";
import { SchemaRefusalError } from "../src/schema-refusal-error.ts";
import { isText, parseGbnf, randomOf, writeText } from "./gbnf.ts";

const TEXTS = 60;

/** Texts of the schema's grammar: each is JSON and valid by the schema itself. */
function valuesOf(schema: JsonSchema, texts = TEXTS): Json[] {
  const grammar = parseGbnf(schemaGrammar(schema).grammar);
  return Array.from({ length: texts }, (_, seed) => {
    const text = writeText(grammar, randomOf(seed + 1));
    const value = JSON.parse(text) as Json;
    expect({ text, violations: validateJson(schema, value) }).toEqual({ text, violations: [] });
    return value;
  });
}

function accepts(schema: JsonSchema, text: string): boolean {
  return isText(parseGbnf(schemaGrammar(schema).grammar), text);
}

function refusal(schema: JsonSchema, options?: SchemaGrammarOptions): { path: unknown; keyword: unknown } | undefined {
  try {
    schemaGrammar(schema, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof SchemaRefusalError)) throw error;
    expect(error.code).toBe("AM_MODEL_SCHEMA_UNSUPPORTED");
    return { path: error.facts["path"], keyword: error.facts["keyword"] };
  }
}

const object = (properties: JsonObject, required: readonly string[] = Object.keys(properties)): JsonObject => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

describe("every text of a grammar is valid by the schema", () => {
  const tree = { $ref: "#/$defs/tree" };
  test.each<[string, JsonSchema]>([
    ["scalars of several types", { type: ["string", "integer", "null", "boolean", "number"] }],
    ["an enum of strings with quotes, backslashes and lines", { enum: ['say "hi"', "a\\b", "a\nb", "ü 😀", ""] }],
    ["an enum of everything", { enum: [1, -2.5, null, true, "x", [1, "a"], { a: { b: [] } }] }],
    ["an enum beside a type and bounds", { type: "integer", enum: [1, 2, 30, "4"], maximum: 10 }],
    ["a constant object", { const: { a: [1, { b: '"' }] } }],
    ["optional properties", object({ a: { type: "integer" }, b: { type: "boolean" }, c: { type: "null" } }, ["b"])],
    ["only optional properties", object({ a: { type: "integer" }, b: { type: "boolean" } }, [])],
    ["at least one optional property", { ...object({ a: { const: 1 }, b: { const: 2 } }, []), minProperties: 1 }],
    ["names with quotes", object({ 'a"b': { const: 1 }, "c\\d": { const: 2 }, "": { const: 3 }, __proto__x: true })],
    ["no properties", object({})],
    ["a required property that is not declared", { type: "object", required: ["a"], properties: { b: { const: 1 } } }],
    ["a map", { type: "object", additionalProperties: { type: "integer" } }],
    ["a bounded map", { type: "object", additionalProperties: { const: 1 }, maxProperties: 2, minProperties: 1 }],
    [
      "a map beside properties",
      {
        type: "object",
        properties: { a: { type: "integer" }, ab: { const: "x" } },
        additionalProperties: { type: "string" },
      },
    ],
    ["nested objects", object({ a: object({ b: object({ c: { type: "string", maxLength: 3 } }, []) }, []) })],
    ["strings with lengths", { type: "string", minLength: 2, maxLength: 5 }],
    ["a string of one length", { type: "string", minLength: 4, maxLength: 4 }],
    ["an empty string", { type: "string", maxLength: 0 }],
    ["dates", { type: "string", format: "date" }],
    ["times", { type: "string", format: "time" }],
    ["dates with times", { type: "string", format: "date-time" }],
    ["arrays with bounds", { type: "array", items: { type: "boolean" }, minItems: 2, maxItems: 4 }],
    ["arrays of at most one", { type: "array", items: { const: 1 }, maxItems: 1 }],
    ["arrays of none", { type: "array", items: { const: 1 }, maxItems: 0 }],
    ["arrays of exactly two", { type: "array", items: { const: 1 }, minItems: 2, maxItems: 2 }],
    ["tuples", { type: "array", prefixItems: [{ const: 1 }, { type: "string" }], minItems: 2 }],
    ["tuples with a rest", { type: "array", prefixItems: [{ const: 1 }], items: { type: "null" }, minItems: 3 }],
    [
      "tuples of draft 7",
      {
        $schema: "http://json-schema.org/draft-07/schema#",
        type: "array",
        items: [{ const: 1 }, { const: 2 }],
        additionalItems: false,
      },
    ],
    [
      "anyOf beside siblings",
      { ...object({ a: { type: "integer" } }), anyOf: [{ properties: { a: { maximum: 3 } } }] },
    ],
    ["unions of kinds", { anyOf: [{ type: "integer" }, { type: "array", items: { type: "string" } }, { const: "x" }] }],
    [
      "oneOf that a constant tells apart",
      { oneOf: [object({ kind: { const: "a" }, x: { type: "integer" } }), object({ kind: { const: "b" } })] },
    ],
    ["oneOf that required names tell apart", { oneOf: [object({ a: { const: 1 } }), object({ b: { const: 1 } })] }],
    ["oneOf of kinds", { oneOf: [{ type: "string" }, { type: "integer", maximum: 3 }, { type: "null" }] }],
    ["allOf", { allOf: [{ type: "object", required: ["a"] }, { properties: { a: { type: "integer", minimum: 5 } } }] }],
    [
      "allOf whose parts forbid each other's optional properties",
      { allOf: [object({ a: { const: 1 } }), { type: "object", properties: { b: { const: 2 } } }] },
    ],
    ["a reference", { $defs: { name: { type: "string", maxLength: 4 } }, ...object({ a: { $ref: "#/$defs/name" } }) }],
    ["a reference of old", { definitions: { n: { const: 3 } }, ...object({ a: { $ref: "#/definitions/n" } }) }],
    ["a reference with siblings", { $defs: { n: { type: "integer" } }, $ref: "#/$defs/n", maximum: 4, minimum: 2 }],
    [
      "a tree",
      {
        $defs: { tree: object({ value: { type: "integer" }, children: { type: "array", items: tree, maxItems: 2 } }) },
        ...tree,
      },
    ],
    [
      "a list that ends in null",
      {
        $defs: { list: { anyOf: [{ type: "null" }, object({ next: { $ref: "#/$defs/list" } })] } },
        $ref: "#/$defs/list",
      },
    ],
    [
      "the document in itself",
      { ...object({ again: { $ref: "#" }, name: { type: "string", maxLength: 2 } }, ["name"]) },
    ],
    ["anything", object({ any: true, empty: {} })],
    ["texts that mean nothing", { type: "integer", description: "x", default: "y", nullable: true, "x-order": 3 }],
    ["a property that cannot be", object({ a: false, b: { const: 1 } }, ["b"])],
    ["type told by its keywords", { properties: { a: { minLength: 1, maxLength: 2 } }, required: ["a"] }],
  ])("%s", (_, schema) => {
    expect(valuesOf(schema)).toHaveLength(TEXTS);
  });

  test("optional properties are there sometimes, and sometimes not", () => {
    const values = valuesOf(object({ a: { const: 1 }, b: { const: 2 } }, [])) as JsonObject[];
    const forms = new Set(values.map((value) => Object.keys(value).join()));
    expect([...forms].sort()).toEqual(["", "a", "a,b", "b"]);
  });

  test("recursion ends, also when every level asks for more", () => {
    const endless = { $defs: { a: object({ next: { $ref: "#/$defs/a" } }) }, $ref: "#/$defs/a" };
    expect(refusal(endless)).toMatchObject({ keyword: "schema" });
    expect(refusal({ $defs: { a: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" })).toBeDefined();
  });
});

describe("numbers", () => {
  const bound = integer({ min: -100_000, max: 100_000 });

  test("integers within any bounds are exactly those", () => {
    assertProperty(
      property(bound, bound, bound, (left, right, probe) => {
        const [min, max] = left <= right ? [left, right] : [right, left];
        const grammar = parseGbnf(`root ::= ${integerGrammar(min, max)}\n`);
        for (const value of [min - 1, min, min + 1, max - 1, max, max + 1, probe, 0, -min, -max]) {
          expect({ min, max, value, isIn: isText(grammar, String(value)) }).toEqual({
            min,
            max,
            value,
            isIn: value >= min && value <= max,
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  test("numbers within any whole bounds, exclusive or not, are valid", () => {
    const small = integer({ min: -30, max: 30 });
    assertProperty(
      property(small, small, boolean(), boolean(), (left, right, isLow, isHigh) => {
        const [min, max] = [Math.min(left, right), Math.max(left, right) + 1];
        const schema = {
          type: "number",
          [isLow ? "exclusiveMinimum" : "minimum"]: min,
          [isHigh ? "exclusiveMaximum" : "maximum"]: max,
        };
        valuesOf(schema, 20);
        expect(accepts(schema, String(min))).toBe(!isLow);
        expect(accepts(schema, String(max))).toBe(!isHigh);
        expect(accepts(schema, String(min + 0.5))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test.each<[JsonSchema, string, boolean]>([
    [{ type: "integer", minimum: 1, maximum: 9_007_199_254_740_991 }, "999999999999999", true],
    [{ type: "integer", minimum: 1, maximum: 9_007_199_254_740_991 }, "0", false],
    [{ type: "integer", exclusiveMinimum: 0 }, "0", false],
    [{ type: "integer", minimum: 0, exclusiveMinimum: true }, "1", true],
    [{ type: "integer", minimum: 1.5, maximum: 2.5 }, "2", true],
    [{ type: "integer" }, "-0", false],
    [{ type: "integer" }, "01", false],
    [{ type: "number" }, "1e5", false],
    [{ type: "number" }, "-0.25", true],
    [{ type: "number", exclusiveMinimum: 0 }, "0.0", false],
  ])("%j takes %s: %s", (schema, text, isIn) => {
    expect(accepts(schema, text)).toBe(isIn);
  });

  test("bounds that leave no number are no schema", () => {
    expect(refusal({ type: "integer", minimum: 3, maximum: 2 })).toMatchObject({ keyword: "schema" });
    expect(refusal({ type: "number", exclusiveMinimum: 3, maximum: 3 })).toMatchObject({ keyword: "schema" });
  });
});

describe("what the grammar cannot hold is refused with its place", () => {
  test.each<[string, JsonSchema, string, string]>([
    ["a pattern", object({ a: { type: "string", pattern: "^a" } }), "/properties/a", "pattern"],
    ["an unknown format", { type: "string", format: "email" }, "", "format"],
    ["a length beside a format", { type: "string", format: "date", minLength: 1 }, "", "minLength"],
    ["a huge length", { type: "string", maxLength: 5_000 }, "", "maxLength"],
    ["a huge count", { type: "array", items: true, minItems: 3_000 }, "", "minItems"],
    ["bounds with a fraction", { type: "number", minimum: 0.5 }, "", "minimum"],
    ["a huge bound of a number", { type: "number", maximum: 1e12 }, "", "maximum"],
    ["a multiple", { type: "integer", multipleOf: 5 }, "", "multipleOf"],
    ["unique items", { type: "array", items: { type: "integer" }, uniqueItems: true }, "", "uniqueItems"],
    ["an item among others", { type: "array", contains: { const: 1 } }, "", "contains"],
    ["not", { type: "integer", not: { const: 3 } }, "", "not"],
    ["if", { type: "integer", if: { minimum: 3 }, else: { const: 1 } }, "", "if"],
    ["branches that overlap", { oneOf: [{ type: "integer" }, { type: "number" }] }, "", "oneOf"],
    ["branches that may both hold", { oneOf: [object({ a: true }, []), object({ b: true }, [])] }, "", "oneOf"],
    ["two patterns", { allOf: [{ type: "string", pattern: "a" }, { pattern: "b" }] }, "/allOf/0", "pattern"],
    ["patterns of names", { type: "object", patternProperties: { "^a": { const: 1 } } }, "", "patternProperties"],
    [
      "names of a map",
      { type: "object", additionalProperties: true, propertyNames: { maxLength: 3 } },
      "",
      "propertyNames",
    ],
    ["many of a map", { type: "object", additionalProperties: true, minProperties: 2 }, "", "minProperties"],
    ["few of many", { ...object({ a: true, b: true, c: true }, []), maxProperties: 2 }, "", "maxProperties"],
    [
      "dependent names",
      { type: "object", properties: { a: true }, dependentRequired: { a: ["b"] } },
      "",
      "dependentRequired",
    ],
    ["a dynamic reference", { $dynamicRef: "#node" }, "", "$dynamicRef"],
    ["a reference outwards", object({ a: { $ref: "https://example.org/s.json" } }), "/properties/a", "$ref"],
    ["a reference to nothing", object({ a: { $ref: "#/$defs/none" } }), "/properties/a", "$ref"],
    ["an anchor", { $ref: "#name" }, "", "$ref"],
    ["a type of another language", { type: "any" }, "", "type"],
    ["nothing", false, "", "schema"],
    ["a required property that cannot be", object({ a: false }), "", "schema"],
    ["an empty enum", { enum: [] }, "", "schema"],
    ["types without a common one", { allOf: [{ type: "string" }, { type: "integer" }] }, "", "schema"],
    ["something else than a schema", object({ a: 3 }), "/properties/a", "properties"],
  ])("%s", (_, schema, path, keyword) => {
    expect(refusal(schema)).toEqual({ path, keyword });
  });

  test("what is named as loose is left to validation and listed", () => {
    const schema = object({
      a: { type: "string", pattern: "^a", format: "email" },
      b: { type: "number", minimum: 0.5 },
    });
    expect(refusal(schema, { loose: ["pattern", "format"] })).toEqual({ path: "/properties/b", keyword: "minimum" });
    const { grammar, left } = schemaGrammar(schema, { loose: LOOSE_KEYWORDS });
    expect(left).toEqual([
      { path: "/properties/a", keyword: "pattern" },
      { path: "/properties/a", keyword: "format" },
      { path: "/properties/b", keyword: "minimum" },
    ]);
    expect(isText(parseGbnf(grammar), '{"a":"b","b":0}')).toBe(true);
  });

  test("references outwards are never loose", () => {
    expect(refusal({ $ref: "https://example.org" }, { loose: LOOSE_KEYWORDS })).toEqual({ path: "", keyword: "$ref" });
  });

  test("a schema that grows without end through its references is refused, quickly", () => {
    const defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `d${index}`,
        object({
          a: { $ref: `#/$defs/d${index + 1}`, title: `a${index}` },
          b: { $ref: `#/$defs/d${index + 1}`, title: `b${index}` },
        }),
      ]),
    );
    const schema = { $defs: { ...defs, d40: { const: 1 } }, $ref: "#/$defs/d0" };
    expect(refusal(schema)).toMatchObject({ keyword: "schema" });
  });

  test("a schema that nests too deep is refused", () => {
    let schema: JsonSchema = { const: 1 };
    for (let depth = 0; depth < 200; depth += 1) schema = { type: "array", items: schema };
    expect(refusal(schema)).toMatchObject({ keyword: "schema" });
  });
});

test("whitespace is bounded: one space after a colon or a comma, nowhere else", () => {
  const schema = object({ a: { type: "array", items: { const: 1 } }, b: { const: 2 } });
  for (const text of ['{"a":[1,1],"b":2}', '{"a": [1, 1], "b": 2}', '{"a": [1,1],"b": 2}']) {
    expect(accepts(schema, text)).toBe(true);
  }
  for (const text of ['{ "a":[1],"b":2}', '{"a":  [1],"b":2}', '{"a":[1],"b":2}\n'])
    expect(accepts(schema, text)).toBe(false);
});

test("a key of a map is none of the declared names, however they begin", () => {
  const schema = {
    type: "object",
    properties: { a: { const: 1 }, ab: { const: 2 }, é: { const: 3 } },
    additionalProperties: { type: "null" },
  };
  for (const key of ["b", "aa", "abc", "ac", "é2", "Ü"]) expect(accepts(schema, `{"${key}":null}`)).toBe(true);
  for (const key of ["a", "ab", "é", ""]) expect(accepts(schema, `{"${key}":null}`)).toBe(false);
});
