/** Made-up goals. */
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import { expect, test } from "vitest";
import { sampleGoal, sampleWish, seededRandom } from "./sample-goal.ts";

function toolWith(tool: string, properties: JsonObject): ToolSpec {
  return {
    name: `s.${tool}`,
    server: "s",
    tool,
    description: "",
    inputSchema: { type: "object", properties, required: Object.keys(properties) },
    effect: "read",
    isOpenWorld: false,
    fingerprint: tool,
  };
}

const TOOLS = [
  toolWith("readFile", { file_path: { type: "string" } }),
  toolWith("get_sum", { a: { type: "number", minimum: 10 }, ok: { type: "boolean" } }),
  toolWith("set", { mode: { enum: ["on", 2] } }),
];

test("a wish is told with the tool's words and values that its schema allows", () => {
  const texts = TOOLS.map((tool) => sampleWish(tool, seededRandom(5))?.text);
  expect(texts[0]).toMatch(/^read file for \S+$/);
  expect(texts[1]).toMatch(/^get sum for (12|40|1800|4200)$/);
  expect(texts[2]).toMatch(/^set for (on|2)$/);
});

test("a tool that needs more than words has no wish", () => {
  const tools = [
    toolWith("a", { edits: { type: "array", items: { type: "object" } } }),
    toolWith("b", { c: { type: "object" } }),
  ];
  expect(tools.map((tool) => sampleWish(tool, seededRandom(1)))).toEqual([undefined, undefined]);
});

test("a seed gives one goal, many seeds give many", () => {
  const goals = Array.from({ length: 50 }, (_, seed) => sampleGoal(TOOLS, seed));
  expect(Array.from({ length: 50 }, (_, seed) => sampleGoal(TOOLS, seed))).toEqual(goals);
  expect(new Set(goals).size).toBeGreaterThan(40);
});
