/** What a workflow tells of its output. */
import { type Json, Plan } from "@agentmesh/core";
import { expect, test } from "vitest";
import { workflowWork } from "./workflow-work.ts";

function outputSchema(output: Json): unknown {
  const inputs = { who: { type: "string" }, age: { type: "integer" } };
  const plan = Plan.parse({ mesh: 1, name: "p", inputs, tasks: [], output });
  return workflowWork("p", plan, () => undefined).tool.outputSchema;
}

test("a template is a text, also one of statements alone; what stands there as it is, is that", () => {
  expect(outputSchema("Hello, {{ inputs.who }}!")).toEqual({ type: "string" });
  expect(outputSchema("{% if inputs.age > 17 %}yes{% endif %}")).toEqual({ type: "string" });
  expect(outputSchema("yes")).toEqual({ const: "yes" });
});

test("a reference has the schema of what it points at", () => {
  expect(outputSchema({ age: { $from: "inputs.age" } })).toEqual({
    type: "object",
    properties: { age: { type: "integer" } },
    required: ["age"],
  });
});
