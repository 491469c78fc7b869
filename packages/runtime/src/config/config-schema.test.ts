import { validateJson } from "@agentmesh/core";
import { expect, test } from "vitest";
import { configJsonSchema } from "./config-schema.ts";
import { overrideVariables } from "./config-overrides.ts";

const example = {
  $schema: "./agentmesh.config.schema.json",
  models: { small: { provider: "llama-cpp", model: "gemma-3-270m" }, large: { provider: "openai", model: "gpt-5" } },
  roles: { router: "small", planner: "large", validator: "small", composer: "large" },
  mcpServers: {
    files: {
      command: "npx",
      args: ["-y", "@modelcontextprotocol/server-filesystem", "."],
      trust: { annotations: true },
    },
    web: { url: "https://example.org/mcp", auth: { bearer: "${WEB_TOKEN}" } },
  },
  policy: { inDoubt: "ask" },
};

test("the published schema takes what a user writes, and refuses what the loader refuses", () => {
  const schema = configJsonSchema();
  expect(validateJson(schema, example)).toEqual([]);
  expect(validateJson(schema, { ...example, modles: {} })).not.toEqual([]);
  expect(validateJson(schema, { models: { large: { provider: "openai" } } })).not.toEqual([]);
  expect(validateJson(schema, { mcpServers: { "a b": { command: "x" } } })).not.toEqual([]);
});

test("every key that has a name can be set by a variable", () => {
  expect(overrideVariables()).toEqual(
    expect.arrayContaining([
      "AGENTMESH_STORE",
      "AGENTMESH_LOG__LEVEL",
      "AGENTMESH_LOG_LEVEL",
      "AGENTMESH_POLICY__CONCURRENCY__RUN",
      "AGENTMESH_POLICY__PLANNED_TASKS_MAX",
    ]),
  );
});
