/** The plans of this folder, with their agents as real servers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@agentmesh/core";
import { createMesh, type Mesh } from "@agentmesh/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";

const LAUNCHER = join(import.meta.dirname, "../../apps/cli/bin/agentmesh.mjs");
const AGENTS: readonly (readonly [name: string, tool: string])[] = [
  ["researcher", "research"],
  ["debater", "argue"],
  ["judge", "judge"],
  ["triage", "triage"],
  ["billing", "billing"],
  ["support", "support"],
];

let mesh: Mesh;
beforeAll(async () => {
  mesh = await createMesh({
    mcpServers: {
      team: {
        command: process.execPath,
        args: [LAUNCHER, "mcp", "--config", join(import.meta.dirname, "team/agentmesh.config.yaml")],
        protocol: "modern",
      },
    },
    agents: Object.fromEntries(
      AGENTS.map(([name, tool]) => [name, { server: "team", tool, effect: "idempotent" as const }]),
    ),
    store: ":memory:",
    environment: {},
  });
});
afterAll(() => mesh[Symbol.asyncDispose]());

async function run(name: string, inputs: JsonObject = {}) {
  const plan = JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), "utf8")) as never;
  const { run: id, status, output } = await mesh.run(plan, { inputs }).result;
  expect(status).toBe("succeeded");
  return { output, tasks: (await mesh.show(id)).tasks };
}

test("delegate: the other agent's answer is ours, and names its run", async () => {
  const { output, tasks } = await run("delegate", { topic: "dunes" });
  expect(output).toBe("What is known of dunes.");
  expect(tasks["work"]?.child).toMatch(/^r_/);
});

test("debate: who speaks second knows what was said, and the judge has heard both", async () => {
  const { output, tasks } = await run("debate");
  expect(output).toBe("against: It has answered the other side.");
  expect(new Set(Object.values(tasks).map(({ child }) => child)).size).toBe(3);
});

test("map: one run for each element, in the order of the list", async () => {
  const { output } = await run("map", { topics: ["reefs", "tides"] });
  expect(output).toBe("What is known of reefs. What is known of tides.");
});

test.each([
  ["Where is my invoice?", "Billing has it. Asked: Where is my invoice?", "support"],
  ["It does not start.", "Support has it. Asked: It does not start.", "billing"],
])("hand-off: %s", async (question, answer, left) => {
  const { output, tasks } = await run("hand-off", { question });
  expect(output).toBe(answer);
  expect(tasks[left]?.status).toBe("skipped");
});
