import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createMesh } from "../mesh/create-mesh.ts";
import { loadConfig } from "./load-config.ts";

function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-workflows-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}

const plan = { mesh: 1, name: "greet", inputs: { name: { type: "string" } }, tasks: [], output: "Hello" };

function load(folder: string) {
  return loadConfig({ workingDirectory: folder, environment: {} });
}

describe("workflows of a configuration", () => {
  test("are read from where the configuration stands, or stand in it", async () => {
    const workflows = { greet: "./greet.json", inline: plan };
    const folder = folderWith({ "agentmesh.config.json": { workflows }, "greet.json": plan });
    const loaded = await load(folder);
    expect([...loaded.workflows.keys()]).toEqual(["greet", "inline"]);
    expect(loaded.workflows.get("greet")?.name).toBe("greet");
  });

  test.each([
    { says: "a plan that is not there", workflows: { a: "./nothing.json" }, message: "cannot be read" },
    { says: "no plan", workflows: { a: { mesh: 1 } }, message: 'The workflow "a" is no plan' },
    {
      says: "a circle",
      workflows: { a: { mesh: 1, tasks: [{ id: "t", use: "workflow:a" }] } },
      message: "a -> a",
    },
  ])("that hold $says are refused with their place", async ({ workflows, message }) => {
    const folder = folderWith({ "agentmesh.config.json": { workflows } });
    await expect(load(folder)).rejects.toMatchObject({
      code: "AM_CONFIG_INVALID",
      message: expect.stringContaining(message),
    });
  });

  test("are given to createMesh as they are", async () => {
    await using mesh = await createMesh({ store: ":memory:", workflows: { greet: plan as never } });
    const run = mesh.run({
      mesh: 1,
      tasks: [{ id: "hello", use: "workflow:greet", args: { name: "Ada" } }],
      output: { $from: "hello" },
    });
    expect(await run.result).toMatchObject({ status: "succeeded", output: "Hello" });
  });

  test("an agent whose server is not there is refused", async () => {
    const config = { mcpServers: { other: { command: "x" } }, agents: { helper: { server: "othr" } } };
    await expect(load(folderWith({ "agentmesh.config.json": config }))).rejects.toMatchObject({
      message: expect.stringContaining("other"),
    });
  });
});
