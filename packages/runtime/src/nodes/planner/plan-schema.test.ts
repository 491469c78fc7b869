/** The output schema: what a model can answer under it, and that every backend's dialect takes it. */
import { type Json, type JsonObject, type ToolSpec, validateJson } from "@agentmesh/core";
import { projectSchema, type SchemaDialectName } from "@agentmesh/models";
import { describe, expect, test } from "vitest";
import { EXAMPLE_TOOLS, EXAMPLES } from "./planner-examples.ts";
import { planSchema } from "./plan-schema.ts";

const DIALECTS: readonly SchemaDialectName[] = ["openai", "groq", "anthropic", "gemini", "generic"];

function toolWith(inputSchema: JsonObject): ToolSpec {
  return {
    name: "t.tool",
    server: "t",
    tool: "tool",
    description: "",
    inputSchema,
    effect: "read",
    isOpenWorld: false,
    fingerprint: "t",
  };
}

function schemaOf(tools: readonly ToolSpec[], detail: "full" | "outline" = "full"): JsonObject {
  return planSchema({ tools, tasksMax: 8, hasOthers: false, detail });
}

function accepts(schema: JsonObject, answer: Json): boolean {
  return validateJson(schema, answer).length === 0;
}

function planWith(task: JsonObject): JsonObject {
  return { reason: "why", tasks: [{ id: "a", use: "t.tool", args: {}, ...task }] };
}

describe("the schema accepts", () => {
  test.each(EXAMPLES)("the worked example of $shows", ({ answer }) => {
    expect(validateJson(schemaOf(EXAMPLE_TOOLS), answer)).toEqual([]);
    expect(validateJson(schemaOf(EXAMPLE_TOOLS, "outline"), answer)).toEqual([]);
  });

  test("a reference in the place of any value, of whatever type", () => {
    const schema = schemaOf([
      toolWith({
        type: "object",
        properties: {
          count: { type: "integer", minimum: 1 },
          mode: { enum: ["a", "b"] },
          list: { type: "array", items: { $ref: "#/$defs/entry" } },
          either: { oneOf: [{ type: "string", format: "uri" }, { type: "null" }] },
        },
        required: ["count"],
        $defs: { entry: { type: "object", properties: { at: { type: "number" } }, required: ["at"] } },
      }),
    ]);
    const from = { $from: "b.value" };
    expect(accepts(schema, planWith({ args: { count: 1, mode: "a", list: [{ at: 2 }], either: null } }))).toBe(true);
    expect(accepts(schema, planWith({ args: { count: from, mode: from, list: from, either: from } }))).toBe(true);
    expect(accepts(schema, planWith({ args: { count: 1, list: [from, { at: from }] } }))).toBe(true);
    expect(accepts(schema, planWith({ args: { count: "1" } }))).toBe(false);
    expect(accepts(schema, planWith({ args: { count: { $from: 1 } } }))).toBe(false);
    expect(accepts(schema, planWith({ args: { count: 1, more: 1 } }))).toBe(false);
    expect(accepts(schema, planWith({ args: {} }))).toBe(false);
  });
});

describe("the schema refuses", () => {
  const schema = schemaOf([toolWith({ type: "object", properties: {} })]);

  test.each([
    ["an unknown tool", planWith({ use: "t.other" })],
    ["an effect", planWith({ effect: "read" })],
    ["a cache", planWith({ cache: true })],
    ["an approval", planWith({ approve: false })],
    ["two outcomes at once", { noToolFits: "none", missing: ["a"] }],
    ["a wish for tools where all are shown", { moreTools: ["t.x"] }],
    ["a plan without a reason", { tasks: [] }],
    ["nothing", {}],
  ] as const)("%s", (_, answer) => {
    expect(accepts(schema, answer)).toBe(false);
  });
});

const HOSTILE: readonly (readonly [string, JsonObject])[] = [
  [
    "refers to itself",
    { type: "object", properties: { next: { $ref: "#" }, list: { type: "array", items: { $ref: "#" } } } },
  ],
  ["refers to nothing", { type: "object", properties: { a: { $ref: "#/$defs/none" }, b: { $ref: "other.json" } } }],
  [
    "goes in circles",
    { type: "object", properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: { $ref: "#/$defs/a" } } },
  ],
  ["says nothing", {}],
  ["takes any map", { type: "object", additionalProperties: { type: "object" } }],
  ["has types that are none", { type: "object", properties: { a: { type: "str" }, b: { type: ["any", "string"] } } }],
  [
    "is a union",
    {
      oneOf: [
        { type: "object", properties: { a: { type: "string" } } },
        { type: "object", properties: {} },
      ],
    },
  ],
  [
    "joins parts",
    {
      type: "object",
      properties: {
        a: {
          allOf: [
            { type: "object", properties: { x: { type: "string" } } },
            { properties: { y: { anyOf: [{ type: "integer" }] } } },
          ],
        },
      },
    },
  ],
  ["nests deep", nested(30)],
  [
    "is wide",
    {
      type: "object",
      properties: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`p${index}`, { enum: ["a", "b"] }])),
    },
  ],
  [
    "has a long list of values",
    { type: "object", properties: { a: { enum: Array.from({ length: 5_000 }, (_, index) => `v${index}`) } } },
  ],
  [
    "names a property __proto__",
    JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}') as JsonObject,
  ],
  ["has booleans for schemas", { type: "object", properties: { a: true, b: false } }],
];

function nested(levels: number): JsonObject {
  return levels === 0
    ? { type: "string" }
    : { type: "object", properties: { inner: nested(levels - 1) }, required: ["inner"] };
}

describe("a tool whose schema", () => {
  test.each(HOSTILE)("%s fits into every dialect", (_, inputSchema) => {
    const schema = schemaOf([toolWith(inputSchema), ...EXAMPLE_TOOLS]);
    for (const dialect of DIALECTS) expect(projectSchema(schema, dialect).schema).toBeTypeOf("object");
  });
});
