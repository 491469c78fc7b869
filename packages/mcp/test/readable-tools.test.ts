/** Resources and prompts of the reference server, read as tools. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Json } from "@agentmesh/core";
import type { McpServerConfigInput, McpToolSource } from "../src/index.ts";
import { failureOf, options, soon, testSource } from "./fixtures/sources.ts";

const folder = dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json"));

async function everything(more: McpServerConfigInput): Promise<McpToolSource> {
  const args = [join(folder, "dist", "index.js"), "stdio"];
  const source = testSource({ command: process.execPath, args, ...more }, "everything");
  expect(await source.connect(soon())).toMatchObject({ state: "ready" });
  return source;
}

function named(source: McpToolSource, prefix: string): readonly string[] {
  return source.tools().flatMap(({ tool }) => (tool.startsWith(prefix) ? [tool] : []));
}

test("nothing is readable that the operator did not ask for", async () => {
  const source = await everything({});
  expect([...named(source, "prompt_"), ...named(source, "read_resource")]).toEqual([]);
});

test("resources are listed and read", async () => {
  const source = await everything({ resources: true });
  expect(source.tools().find(({ tool }) => tool === "read_resource")).toMatchObject({
    name: "everything.read_resource",
    effect: "read",
    isOpenWorld: true,
    inputSchema: { required: ["uri"] },
  });
  const list = await source.call("list_resources", {}, options());
  const { resources } = list.value as { resources: { uri: string }[] };
  expect(list.isChecked).toBe(true);
  expect(resources.length).toBeGreaterThan(0);
  const { value, isChecked } = await source.call("read_resource", { uri: resources[0]?.uri as Json }, options());
  expect(isChecked).toBe(true);
  expect(value).toMatchObject({ text: expect.stringMatching(/./), contents: [{ uri: resources[0]?.uri }] });
  const error = await failureOf(source.call("read_resource", { uri: "nowhere://x" }, options()));
  expect(error).toMatchObject({ code: "AM_TOOL_FAILED", outcome: "failed" });
});

test("each prompt is a tool with the prompt's own arguments", async () => {
  const source = await everything({ prompts: true, tools: { deny: ["prompt_simple-prompt"] } });
  expect(named(source, "prompt_")).toEqual(expect.arrayContaining(["prompt_args-prompt"]));
  expect(named(source, "prompt_")).not.toContain("prompt_simple-prompt");
  const spec = source.tools().find(({ tool }) => tool === "prompt_args-prompt");
  expect(spec?.inputSchema).toMatchObject({ properties: { city: { type: "string" } }, required: ["city"] });
  const { value, isChecked } = await source.call("prompt_args-prompt", { city: "Delft" }, options());
  expect(isChecked).toBe(true);
  expect(value).toMatchObject({ text: expect.stringContaining("Delft") });
});
