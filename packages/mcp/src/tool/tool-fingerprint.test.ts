import { expect, test } from "vitest";
import { type DeclaredTool, toolFingerprint } from "./tool-fingerprint.ts";

const tool: DeclaredTool = {
  name: "read",
  description: "Reads.",
  inputSchema: { type: "object", properties: { path: { type: "string" } } },
  outputSchema: undefined,
  annotations: { readOnlyHint: true },
};

test("the order of keys does not count", () => {
  const inputSchema = { properties: { path: { type: "string" } }, type: "object" };
  expect(toolFingerprint({ ...tool, inputSchema })).toBe(toolFingerprint(tool));
});

test.each<[string, Partial<DeclaredTool>]>([
  ["name", { name: "reads" }],
  ["description", { description: "Reads.\u200b" }],
  ["absent description", { description: undefined }],
  ["input schema", { inputSchema: { type: "object" } }],
  ["output schema", { outputSchema: {} }],
  ["annotations", { annotations: { readOnlyHint: false } }],
])("another %s is another tool", (_what, change) => {
  expect(toolFingerprint({ ...tool, ...change })).not.toBe(toolFingerprint(tool));
});
