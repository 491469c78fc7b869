import type { Json, JsonObject } from "@agentmesh/core";
import { validateJson } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { ask, failureOf, hear, loadTiny } from "./tiny-model.ts";

const SEEDS = 50;

const text = { type: "string", maxLength: 24 };
const call = (tool: string, args: JsonObject, required = Object.keys(args)): JsonObject => ({
  type: "object",
  additionalProperties: false,
  required: ["tool", "args"],
  properties: {
    tool: { const: tool },
    args: { type: "object", additionalProperties: false, required, properties: args },
  },
});

/** A plan as a planner asks for it: a union over tools, optional arguments, references to earlier steps. */
const PLAN: JsonObject = {
  $defs: { id: { enum: ["s1", "s2", "s3"] } },
  type: "object",
  additionalProperties: false,
  required: ["steps"],
  properties: {
    reason: { type: "string", maxLength: 20 },
    steps: {
      type: "array",
      minItems: 1,
      maxItems: 3,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["id", "call"],
        properties: {
          id: { $ref: "#/$defs/id" },
          after: { type: "array", maxItems: 2, items: { $ref: "#/$defs/id" } },
          call: {
            oneOf: [
              call("web.search", { query: text, limit: { type: "integer", minimum: 1, maximum: 25 } }, ["query"]),
              call("fs.read", { path: text, head: { type: ["integer", "null"], minimum: 0, maximum: 300 } }, ["path"]),
              call("clock.at", { time: { type: "string", format: "date-time" } }),
              call('odd "name"', { factor: { type: "number", exclusiveMinimum: 0, maximum: 2 } }),
              call("none", {}),
            ],
          },
        },
      },
    },
  },
};

describe.each([
  ["a chat model", true],
  ["a base model", false],
])("the grammar of a schema, with %s of random weights", (_, hasChatTemplate) => {
  test(`gives valid answers only: ${SEEDS} seeds`, { timeout: 300_000 }, async () => {
    const model = await loadTiny({ hasChatTemplate }, { contextTokens: 2_048 });
    const plans: JsonObject[] = [];
    const seen = new Set<string>();
    let pieces = 0;
    let tokens = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const output = { name: "plan", schema: PLAN };
      const heard = await hear(
        model,
        ask(`Plan number ${seed}.\n`, {
          output,
          maxOutputTokens: 1_500,
          sampling: { temperature: 2, topK: 0, topP: 1, seed },
        }),
      );
      expect({ seed, reason: heard.reason }).toEqual({ seed, reason: "stop" });
      const plan = JSON.parse(heard.text) as JsonObject;
      expect({ seed, plan, violations: validateJson(PLAN, plan) }).toEqual({ seed, plan, violations: [] });
      plans.push(plan);
      pieces += heard.deltas.length;
      tokens += heard.usage.outputTokens;
      for (const name of pathsOf(plan)) seen.add(name);
    }
    expect(pieces / tokens).toBeGreaterThan(0.99);
    expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBeGreaterThan(SEEDS * 0.8);
    // Optional properties are there sometimes, and sometimes not.
    const withReason = plans.filter((plan) => "reason" in plan).length;
    expect(withReason).toBeGreaterThan(0);
    expect(withReason).toBeLessThan(SEEDS);
    // So are all tools and optional arguments.
    for (const name of ["steps.after", "steps.call.args.limit", "steps.call.args.head", "steps.call.args.factor"]) {
      expect(seen).toContain(name);
    }
    const searches = plans.flatMap((plan) => plan["steps"] as JsonObject[]).map(({ call: one }) => one as JsonObject);
    expect(searches.some(({ tool, args }) => tool === "web.search" && !("limit" in (args as JsonObject)))).toBe(true);
  });
});

/** The names in a value: `steps.call.tool`. */
function pathsOf(value: Json, prefix = ""): string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item) => pathsOf(item, prefix));
  if (typeof value !== "object" || value === null) return [prefix.slice(1)];
  return Object.entries(value).flatMap(([name, item]) => [
    `${prefix}.${name}`.slice(1),
    ...pathsOf(item, `${prefix}.${name}`),
  ]);
}

describe("a grammar of the caller", () => {
  test("is used as it is", async () => {
    const model = await loadTiny({});
    const grammar = 'root ::= "route: " ("small" | "medium" | "large")';
    const routes = new Set<string>();
    for (let seed = 1; seed <= 20; seed += 1) {
      const request = ask("Route.", { output: { name: "route", grammar }, sampling: { temperature: 2, seed } });
      routes.add((await hear(model, request)).text);
    }
    expect([...routes].sort()).toEqual(["route: large", "route: medium", "route: small"]);
  });

  test.each([
    ["an undefined rule", "root ::= nothing"],
    ["no root", 'start ::= "a"'],
    ["a text without an end", 'root ::= "abc'],
    ["a rule that begins with itself", 'root ::= root "a" | "b"'],
    ["nothing", " "],
    ["repetitions without measure", 'root ::= (("a"{1,2000}){1,2000}){1,2000}'],
  ])("that does not parse (%s) is a typed error, and the process goes on", async (_, grammar) => {
    const model = await loadTiny({ say: "Still here." });
    const { pid } = model;
    const error = await failureOf(hear(model, ask("Go.", { output: { name: "broken", grammar } })));
    expect(error.code).toBe("AM_MODEL_SCHEMA_UNSUPPORTED");
    expect(error.facts).toMatchObject({ reason: "grammar" });
    expect((await hear(model, ask("Go."))).text).toBe("Still here.");
    expect(model.pid).toBe(pid);
  });
});

test("parts of a schema that are left to validation are named in a warning", async () => {
  const model = await loadTiny({});
  const schema = {
    type: "object",
    properties: { mail: { type: "string", format: "email", maxLength: 5 } },
    required: ["mail"],
  };
  const request = ask("Go.", { output: { name: "mail", schema }, sampling: { temperature: 1, seed: 1 } });
  const [start] = (await hear(model, request)).parts;
  expect(start).toEqual({
    type: "start",
    warnings: ["The grammar does not hold these parts of the schema: format at /properties/mail."],
  });
});

test("a model that is told to be strict refuses them before it generates", async () => {
  const model = await loadTiny({}, { looseKeywords: [] });
  const schema = { type: "string", pattern: "^a" };
  const error = await failureOf(hear(model, ask("Go.", { output: { name: "a", schema } })));
  expect(error).toMatchObject({ code: "AM_MODEL_SCHEMA_UNSUPPORTED", facts: { path: "", keyword: "pattern" } });
});

test("a model that is set to text is not held to anything", async () => {
  const model = await loadTiny({ say: "Free text." }, { output: "text" });
  expect(model.capabilities.output).toBe("text");
  expect((await hear(model, ask("Go.", { output: { name: "a", schema: { const: 1 } } }))).text).toBe("Free text.");
});
