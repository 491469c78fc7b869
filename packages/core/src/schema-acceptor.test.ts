import { Validator } from "@cfworker/json-schema";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject, JsonSchema } from "./json.ts";
import { acceptorOf, HOLE } from "./schema-acceptor.ts";

const NAMES = ["a", "b", "__proto__x", "toString"];
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0.5, -0),
  fc.constantFrom("", "x", "xy", "\u{1F600}"),
);
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 3 }),
  ),
}));
const count = fc.integer({ min: 0, max: 3 });
const typeName = fc.constantFrom("null", "boolean", "string", "number", "integer", "array", "object");
const { schema } = fc.letrec<{ schema: JsonSchema; object: JsonObject }>((tie) => ({
  schema: fc.oneof({ depthSize: "small" }, fc.boolean(), tie("object")),
  object: fc.record(
    {
      type: fc.oneof(typeName, fc.uniqueArray(typeName, { minLength: 1, maxLength: 3 })),
      enum: fc.array(scalar, { minLength: 1, maxLength: 4 }),
      const: scalar,
      minimum: count,
      maximum: count,
      minLength: count,
      maxLength: count,
      minItems: count,
      maxItems: count,
      required: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
      items: tie("schema"),
      properties: fc.dictionary(fc.constantFrom(...NAMES), tie("schema"), { maxKeys: 3 }),
      additionalProperties: tie("schema"),
      title: fc.constant("words"),
      not: tie("schema"),
    },
    { requiredKeys: [] },
  ),
}));

describe("a quick yes to a value", () => {
  test("is only given where the validator finds nothing", () => {
    let accepted = 0;
    fc.assert(
      fc.property(schema, value, (rules, candidate) => {
        if (acceptorOf(rules)?.(candidate) !== true) return;
        accepted++;
        expect(new Validator(rules as object, "2020-12").validate(candidate).valid).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  test("is given to the usual arguments of a tool", () => {
    const accepts = acceptorOf({
      type: "object",
      title: "Search",
      properties: { query: { type: "string", maxLength: 20 }, limit: { type: "integer", minimum: 1 } },
      required: ["query"],
      additionalProperties: false,
    });
    expect(accepts?.({ query: "tea", limit: 3 })).toBe(true);
    expect(accepts?.({ query: HOLE })).toBe(true);
    for (const wrong of [{}, { query: 1 }, { query: "tea", limit: 0 }, { query: "tea", more: 1 }, "tea"])
      expect(accepts?.(wrong)).toBe(false);
  });

  test("is not to be had of a schema with a keyword that it does not know", () => {
    for (const rules of [{ pattern: "^a" }, { properties: { a: { $ref: "#" } } }, { items: [{ type: "string" }] }])
      expect(acceptorOf(rules)).toBeUndefined();
  });
});
