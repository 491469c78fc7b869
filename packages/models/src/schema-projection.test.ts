import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type JsonObject, type JsonSchema, validateJson } from "@agentmesh/core";
import { SchemaWriter } from "../test/schema-writer.ts";
import type { SchemaDialectName } from "./schema-dialect.ts";
import { projectSchema } from "./schema-projection.ts";

const DIALECTS: readonly SchemaDialectName[] = ["openai", "groq", "anthropic", "gemini", "generic"];

function projected(schema: JsonSchema, dialect: SchemaDialectName = "generic"): JsonObject {
  return projectSchema(schema, dialect).schema;
}

function refusal(schema: JsonSchema, dialect: SchemaDialectName): unknown {
  try {
    return projectSchema(schema, dialect);
  } catch (error) {
    return error;
  }
}

describe("what every dialect gets", () => {
  test.each(DIALECTS)(
    "%s: objects are closed, oneOf is anyOf, a constant is a list of one and comes first",
    (dialect) => {
      const schema = {
        $schema: "http://json-schema.org/draft-07/schema#",
        type: "object",
        properties: {
          size: { oneOf: [{ type: "string" }, { type: "boolean" }] },
          kind: { const: "place" },
        },
        required: ["size", "kind"],
      };
      expect(projected(schema, dialect)).toEqual({
        type: "object",
        properties: {
          kind: { type: "string", enum: ["place"] },
          size: { anyOf: [{ type: "string" }, { type: "boolean" }] },
        },
        required: ["kind", "size"],
        additionalProperties: false,
      });
      expect(Object.keys(projected(schema, dialect)["properties"] as JsonObject)).toEqual(["kind", "size"]);
    },
  );

  test.each(DIALECTS)(
    "%s: references are resolved, in either draft's place and with their own description",
    (dialect) => {
      const schema = {
        type: "object",
        properties: {
          from: { $ref: "#/definitions/place", description: "Where it begins." },
          to: { $ref: "#/$defs/place" },
        },
        required: ["from", "to"],
        definitions: { place: { type: "string" } },
        $defs: { place: { type: "string" } },
      };
      expect(projected(schema, dialect)["properties"]).toEqual({
        from: { description: "Where it begins.", type: "string" },
        to: { type: "string" },
      });
    },
  );

  test.each(DIALECTS)("%s: allOf is merged", (dialect) => {
    const schema = {
      allOf: [
        { type: "object", properties: { a: { type: ["string", "integer"] } }, required: ["a"] },
        { properties: { a: { type: "integer" }, b: { type: "boolean" } }, required: ["b"] },
      ],
    };
    expect(projected(schema, dialect)).toEqual({
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "boolean" } },
      required: ["a", "b"],
      additionalProperties: false,
    });
  });

  test.each(DIALECTS)("%s: a union beside properties is spread over them", (dialect) => {
    const schema = {
      type: "object",
      properties: {
        path: {
          type: "object",
          properties: { file: { type: "string" }, url: { type: "string" } },
          anyOf: [{ required: ["file"] }, { required: ["url"] }],
        },
      },
      required: ["path"],
    };
    const path = (projected(schema, dialect)["properties"] as { path: { anyOf: JsonObject[] } }).path;
    expect(path.anyOf).toHaveLength(2);
    expect(path.anyOf.every((branch) => branch["type"] === "object" && branch["additionalProperties"] === false)).toBe(
      true,
    );
  });

  test.each(DIALECTS)("%s: what is not enforced is said in the description, and listed", (dialect) => {
    const schema = {
      type: "object",
      properties: { code: { type: "string", description: "A code.", pattern: "^(?=a)", default: "ab" } },
      required: ["code"],
    };
    const { schema: sent, dropped } = projectSchema(schema, dialect);
    expect(sent["properties"]).toEqual({
      code: { type: "string", description: 'A code. Default: "ab". Must also hold: pattern ^(?=a).' },
    });
    expect(dropped).toEqual([{ path: "/code", keyword: "pattern" }]);
  });

  test("the type is told from the keywords where it is forgotten, and is anything where it is unknown", () => {
    expect(
      projected({ properties: { a: { minLength: 1 }, b: { items: { type: "string" } }, c: { type: "any" } } }),
    ).toEqual({
      type: "object",
      properties: { a: { type: "string", minLength: 1 }, b: { type: "array", items: { type: "string" } }, c: {} },
      required: [],
      additionalProperties: false,
    });
  });

  test("several types with structure are a union, several plain ones stay a list", () => {
    const schema = {
      type: "object",
      properties: { a: { type: ["string", "array"], items: { type: "null" } }, b: { type: ["string", "null"] } },
    };
    expect(projected(schema)["properties"]).toEqual({
      a: { anyOf: [{ type: "string" }, { type: "array", items: { type: "null" } }] },
      b: { type: ["string", "null"] },
    });
  });

  test("enums keep their values, also objects among them", () => {
    const schema = { type: "object", properties: { a: { enum: [1, "x", { k: 2 }] } }, required: ["a"] };
    expect(projected(schema)["properties"]).toEqual({
      a: {
        anyOf: [
          { type: ["number", "string"], enum: [1, "x"] },
          {
            type: "object",
            properties: { k: { type: "number", enum: [2] } },
            required: ["k"],
            additionalProperties: false,
          },
        ],
      },
    });
  });

  test("a property that can never be is left out", () => {
    expect(projected({ type: "object", properties: { a: false, b: { type: "string" } } })["properties"]).toEqual({
      b: { type: "string" },
    });
  });

  test("a property called __proto__ is a property", () => {
    const schema = JSON.parse(
      '{"allOf":[{"type":"object","properties":{"__proto__":{"type":"string"}}},{"properties":{"a":{"type":"string"}}}]}',
    ) as JsonObject;
    expect(Object.keys(projected(schema)["properties"] as JsonObject)).toEqual(["__proto__", "a"]);
    expect(projected({ type: "object", properties: { constructor: { type: "string" } } })["properties"]).toEqual({
      constructor: { type: "string" },
    });
  });
});

describe("where dialects differ", () => {
  const optional = {
    type: "object",
    properties: {
      a: { type: "string" },
      b: { enum: ["x", "y"] },
      c: { type: "array", items: { type: "integer" } },
      d: { anyOf: [{ type: "string" }, { type: "null" }] },
      e: { type: "boolean" },
    },
    required: ["e"],
  };

  test("an optional property is required and may be null where none may be absent", () => {
    expect(projected(optional, "openai")).toEqual({
      type: "object",
      properties: {
        a: { type: ["string", "null"] },
        b: { type: ["string", "null"], enum: ["x", "y", null] },
        c: { anyOf: [{ type: "array", items: { type: "integer" } }, { type: "null" }] },
        d: { anyOf: [{ type: "string" }, { type: "null" }] },
        e: { type: "boolean" },
      },
      required: ["a", "b", "c", "d", "e"],
      additionalProperties: false,
    });
  });

  test("it stays optional elsewhere", () => {
    expect(projected(optional, "generic")["required"]).toEqual(["e"]);
    expect(projected(optional, "gemini")["required"]).toEqual(["e"]);
    expect(projected(optional, "anthropic")["required"]).toEqual(["e"]);
  });

  test("a root that is no object is put into one where it has to be", () => {
    const union = { anyOf: [{ type: "object", properties: {}, additionalProperties: false }, { type: "string" }] };
    expect(projected(union, "openai")).toMatchObject({ type: "object", required: ["mesh_value"] });
    expect(projected(union, "anthropic")).toMatchObject({ type: "object", required: ["mesh_value"] });
    expect(projected(union, "generic")).toHaveProperty("anyOf");
  });

  test("a free map is a list of entries where it cannot be said", () => {
    const schema = { type: "object", additionalProperties: { type: "integer" } };
    expect(projected(schema, "openai")).toEqual({
      type: "object",
      properties: {
        mesh_entries: {
          type: "array",
          items: {
            type: "object",
            properties: { key: { type: "string" }, value: { type: "integer" } },
            required: ["key", "value"],
            additionalProperties: false,
          },
        },
      },
      required: ["mesh_entries"],
      additionalProperties: false,
    });
    expect(projected(schema, "generic")).toEqual({ type: "object", additionalProperties: { type: "integer" } });
  });

  test("anything is a recursive definition where it cannot be said", () => {
    const schema = { type: "object", properties: { a: {} }, required: ["a"] };
    const sent = projected(schema, "openai");
    expect(sent).toHaveProperty("$defs.mesh_anything.anyOf");
    expect(sent).toHaveProperty("properties.a.anyOf");
    expect(projected(schema, "generic")["properties"]).toEqual({ a: {} });
  });

  test("recursion is a definition where it is allowed, and refused where it is not", () => {
    const tree = {
      type: "object",
      properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#" } } },
      required: ["name", "children"],
    };
    expect(projected(tree, "openai")).toMatchObject({
      type: "object",
      properties: { children: { items: { $ref: "#/$defs/recursive_1" } } },
      $defs: { recursive_1: { type: "object" } },
    });
    expect(refusal(tree, "gemini")).toMatchObject({
      code: "AM_MODEL_SCHEMA_UNSUPPORTED",
      message: "The output schema cannot be enforced: # refers to itself.",
      hint: "Simplify the schema, or set output: json for this model to ask for the shape in the prompt instead.",
    });
  });

  test("recursion by a lone allOf, as zod writes it, is recursion too", () => {
    const tree = {
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: { next: { allOf: [{ $ref: "#/$defs/node" }] } },
          additionalProperties: false,
        },
      },
    };
    expect(projected(tree, "openai")).toMatchObject({
      type: "object",
      properties: { next: { anyOf: [{ $ref: "#/$defs/recursive_1" }, { type: "null" }] } },
    });
  });

  test("tuples stay where they are understood", () => {
    const schema = {
      type: "object",
      properties: { at: { type: "array", prefixItems: [{ type: "number" }, { type: "string" }] } },
    };
    expect(projected(schema)["properties"]).toMatchObject({
      at: { prefixItems: [{ type: "number" }, { type: "string" }], items: false },
    });
    expect(projectSchema(schema, "openai").dropped).toEqual([{ path: "/at", keyword: "prefixItems" }]);
  });

  test("lengths that a grammar would unroll are only said", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string", maxLength: 5_000 }, b: { type: "string", maxLength: 50 } },
    };
    expect(projectSchema(schema, "generic")).toMatchObject({
      schema: { properties: { a: { description: "Must also hold: maxLength 5000." }, b: { maxLength: 50 } } },
      dropped: [{ path: "/a", keyword: "maxLength" }],
    });
  });
});

describe("what is refused", () => {
  test.each([
    ["a reference out of the document", { $ref: "other.json#/a" }, "the reference other.json#/a leaves the document"],
    ["a reference to nothing", { $ref: "#/$defs/none" }, "the reference #/$defs/none points nowhere"],
    ["references in a circle", { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, "its references never end"],
    ["a contradiction", { allOf: [{ type: "string" }, { type: "array" }] }, "its types contradict each other"],
    ["nothing at all", { type: "object", properties: { a: false }, required: ["a"] }, "nothing is allowed at /a"],
    ["an empty list of values", { enum: [] }, "nothing is allowed at the root"],
    [
      "a schema that is none",
      { type: "object", properties: { a: 5 } },
      "something other than an object or a boolean stands where a schema belongs",
    ],
  ])("%s", (_name, schema, reason) => {
    expect(refusal(schema, "generic")).toMatchObject({
      code: "AM_MODEL_SCHEMA_UNSUPPORTED",
      message: `The output schema cannot be enforced: ${reason}.`,
    });
  });

  test("references that meet each other too often", () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [
        `l${index}`,
        { type: "object", properties: { a: { $ref: `#/$defs/l${index + 1}` }, b: { $ref: `#/$defs/l${index + 1}` } } },
      ]),
    );
    const schema = { $ref: "#/$defs/l0", $defs: { ...$defs, l20: { type: "string" } } };
    expect(refusal(schema, "generic")).toMatchObject({ code: "AM_MODEL_SCHEMA_UNSUPPORTED" });
  });

  test("a schema that nests deeper than the stack", () => {
    let schema: JsonObject = { type: "string" };
    for (let depth = 0; depth < 50_000; depth += 1) schema = { type: "array", items: schema };
    expect(refusal(schema, "generic")).toMatchObject({ code: "AM_MODEL_SCHEMA_UNSUPPORTED" });
  });

  test("more than the vendor takes, by name", () => {
    const values = Array.from({ length: 1_001 }, (_, index) => `v${index}`);
    expect(refusal({ type: "object", properties: { a: { enum: values } } }, "openai")).toMatchObject({
      message: "The output schema cannot be enforced: it has 1002 enum values, and the backend takes 1000.",
    });
    let deep: JsonObject = { type: "string" };
    for (let depth = 0; depth < 12; depth += 1) deep = { type: "object", properties: { a: deep }, required: ["a"] };
    expect(refusal(deep, "openai")).toMatchObject({
      facts: { reason: "it has 12 levels of nesting, and the backend takes 10" },
    });
  });
});

/** Schemas whose every constraint survives the projection: what is written under it must fit the original. */
const arbitrarySchema = fc.letrec<{ schema: JsonObject; leaf: JsonObject }>((tie) => ({
  leaf: fc.constantFrom<JsonObject>(
    { type: "string" },
    { type: "integer" },
    { type: "boolean" },
    { type: "null" },
    { type: ["string", "null"] },
    { const: "c" },
    { enum: ["x", 1, null] },
    {},
    { type: "object", additionalProperties: { type: "integer" } },
    { type: "object" },
  ),
  schema: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    tie("leaf"),
    tie("schema").map((items): JsonObject => ({ type: "array", items })),
    fc.tuple(tie("schema"), tie("schema")).map(([a, b]): JsonObject => ({
      type: "object",
      properties: { a, b, tag: { const: "t" } },
      required: ["a", "tag"],
      additionalProperties: false,
    })),
    fc.tuple(tie("schema"), tie("schema")).map(([a, b]): JsonObject => ({
      anyOf: [
        { type: "object", properties: { kind: { const: "a" }, a }, required: ["kind"], additionalProperties: false },
        {
          type: "object",
          properties: { kind: { const: "b" }, b },
          required: ["kind", "b"],
          additionalProperties: false,
        },
      ],
    })),
  ),
})).schema;

describe("restore", () => {
  test.each(DIALECTS)(
    "%s: whatever is written under the projection is valid once restored, and stays as it is then",
    (dialect) => {
      fc.assert(
        fc.property(arbitrarySchema, fc.infiniteStream(fc.nat(1_000)), (schema, choices) => {
          const projection = projectSchema(schema, dialect);
          const value = new SchemaWriter(projection.schema, choices).write();
          const restored = projection.restore(value);
          expect(validateJson(schema, restored), JSON.stringify({ schema, value, restored })).toEqual([]);
          expect(projection.restore(restored)).toEqual(restored);
        }),
        { numRuns: 300 },
      );
    },
  );

  test("nulls go where a property may be absent and may not be null, also inside unions", () => {
    const schema = {
      type: "array",
      items: {
        oneOf: [
          { type: "object", properties: { kind: { const: "a" }, x: { type: "string" } }, required: ["kind"] },
          { type: "object", properties: { kind: { const: "b" }, x: { type: ["string", "null"] } }, required: ["kind"] },
        ],
      },
    };
    const { restore } = projectSchema(schema, "openai");
    expect(
      restore({
        mesh_value: [
          { kind: "a", x: null },
          { kind: "b", x: null },
        ],
      }),
    ).toEqual([{ kind: "a" }, { kind: "b", x: null }]);
  });

  test("a required null stays, and is the validator's business", () => {
    const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"] };
    expect(projectSchema(schema, "openai").restore({ a: null })).toEqual({ a: null });
  });

  test("entries never make a prototype", () => {
    const { restore } = projectSchema({ type: "object" }, "openai");
    const restored = restore({
      mesh_entries: [
        { key: "__proto__", value: { polluted: true } },
        { key: "a", value: 1 },
      ],
    });
    expect(restored).toEqual({ a: 1 });
    expect(Object.keys(restored as JsonObject)).toEqual(["a"]);
  });

  test("what is not an encoding is left alone", () => {
    const { restore } = projectSchema({ type: "object" }, "openai");
    for (const value of [
      { mesh_entries: 5 },
      { mesh_entries: [{ key: 1, value: 2 }] },
      { mesh_entries: [], more: 1 },
      { mesh_value: 1, a: 2 },
      [1],
      "x",
      null,
    ]) {
      expect(restore(value)).toEqual(value);
    }
  });
});
