import { expect, test } from "vitest";
import { validateJson } from "./json-validator.ts";
import { parsePlan } from "./parse-plan.ts";
import { planJsonSchema } from "./plan-schema.ts";
import type { Json } from "./json.ts";

const task = { id: "a", use: "t.a" };
test.each<[string, Json]>([
  [
    "a plan with every key",
    {
      mesh: 1,
      name: "n",
      note: "x",
      inputs: { a: { type: "string" }, b: true },
      tasks: [
        {
          ...task,
          args: { x: { $from: "b" } },
          after: ["b"],
          when: "x",
          each: { in: [1] },
          repeat: { until: "x", maxTimes: 2 },
          join: "any",
          onError: { use: "t.b" },
          retry: { max: 1 },
          timeoutMs: 5,
          approve: true,
          cache: { ttlMs: 1 },
          effect: "read",
          expectMs: 3,
          reason: "r",
          note: "n",
        },
      ],
      output: null,
    },
  ],
  ["an unknown key", { mesh: 1, tasks: [{ ...task, extra: 1 }] }],
  ["arguments that are no object", { mesh: 1, tasks: [{ ...task, args: [] }] }],
  ["another version", { mesh: 2, tasks: [] }],
  ["no tasks", { mesh: 1 }],
  ["a negative timeout", { mesh: 1, tasks: [{ ...task, timeoutMs: -1 }] }],
  ["an input whose schema is a text", { mesh: 1, inputs: { a: "string" }, tasks: [] }],
])("the published schema and the parser agree on %s", (_name, document) => {
  expect(validateJson(planJsonSchema(), document).length === 0).toBe(parsePlan(document).plan !== undefined);
});
