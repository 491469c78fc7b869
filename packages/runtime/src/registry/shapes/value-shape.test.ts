import { canonicalJson, type Json, type JsonSchema, validateJson } from "@agentmesh/core";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeShapes, shapeNodes, shapeOfOutput, ValueShape } from "./value-shape.ts";

const shapeOf = (values: readonly Json[]): ValueShape => values.map(shapeOfOutput).reduce(mergeShapes);
const text = (shape: ValueShape): string => canonicalJson(shape as unknown as Json);
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
/** Records that are alike, as a tool gives them. */
const row = fc.record(
  {
    id: fc.oneof(fc.integer(), fc.constant(1.5)),
    name: fc.option(fc.string()),
    tags: fc.array(fc.string(), { maxLength: 3 }),
    more: json,
  },
  { requiredKeys: ["id"] },
) as fc.Arbitrary<Json>;
const outputs = fc.array(fc.oneof(json, row, fc.array(row, { maxLength: 3 })), { minLength: 1, maxLength: 8 });

describe("the shape of outputs", () => {
  test("is fitted by every one of them", () => {
    fc.assert(
      fc.property(outputs, (values) => {
        const schema = shapeOf(values) as unknown as JsonSchema;
        for (const value of values) expect(validateJson(schema, value)).toEqual([]);
      }),
    );
  });

  test("does not depend on their order, nor on how they are put together", () => {
    fc.assert(
      fc.property(outputs, outputs, (left, right) => {
        const whole = text(shapeOf([...left, ...right]));
        expect(text(shapeOf([...right, ...left].toReversed()))).toBe(whole);
        expect(text(mergeShapes(shapeOf(right), shapeOf(left)))).toBe(whole);
        expect(text(mergeShapes(shapeOf(left), shapeOf([...left, ...right])))).toBe(whole);
      }),
    );
  });

  test("holds keys and types, and nothing that a value says", () => {
    fc.assert(
      fc.property(outputs, (values) => {
        const schema = shapeOf(values) as unknown as Json;
        expect(ValueShape.parse(structuredClone(schema))).toEqual(schema);
      }),
    );
    const shape = shapeOf([
      { rows: [{ id: 1, name: "secret words" }, { id: 2.5 }], next: null },
      { rows: [], next: "page two", total: 7 },
    ]);
    expect(shape).toEqual({
      type: "object",
      properties: {
        rows: {
          type: "array",
          items: {
            type: "object",
            properties: { id: { type: "number" }, name: { type: "string" } },
            required: ["id"],
          },
        },
        next: { type: ["null", "string"] },
        total: { type: "integer" },
      },
      required: ["next", "rows"],
    });
  });

  test.each<[string, readonly Json[], ValueShape]>([
    ["of a wide object is that of a map", [wide(65)], { type: "object", additionalProperties: { type: "integer" } }],
    [
      "of objects that are wide together is that of a map",
      [wide(40), wide(40, "other")],
      { type: "object", additionalProperties: { type: "integer" } },
    ],
    [
      "has no keys that are sentences of any length or hold what nobody sees",
      [{ ["k".repeat(81)]: 1 }, { "a\u200bb": "x" }],
      { type: "object", additionalProperties: { type: ["integer", "string"] } },
    ],
    [
      "with a key that means more is that of a map",
      [JSON.parse('{"__proto__":1}') as Json],
      {
        type: "object",
        additionalProperties: { type: "integer" },
      },
    ],
    ["of deep values is open below", [nested(20)], nestedShape(8)],
    [
      "of a text is not that of its parts",
      [{ text: "hello", content: [{ type: "text", text: "hello" }] }],
      {
        type: "object",
        properties: { text: { type: "string" }, content: { type: "array", items: true } },
        required: ["content", "text"],
      },
    ],
  ])("%s", (_, values, expected) => expect(shapeOf(values)).toEqual(expected));

  test("is counted no further than its limit", () => {
    const large = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${index}`, wide(60)]));
    expect(shapeNodes(shapeOfOutput(large))).toBeLessThan(600);
    expect(shapeNodes(shapeOfOutput(large))).toBeGreaterThan(512);
  });
});

function wide(count: number, prefix = "k"): Json {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, index]));
}

function nested(depth: number): Json {
  return depth === 0 ? 1 : { in: nested(depth - 1) };
}

function nestedShape(depth: number): ValueShape {
  return depth === 0 ? true : { type: "object", properties: { in: nestedShape(depth - 1) }, required: ["in"] };
}
