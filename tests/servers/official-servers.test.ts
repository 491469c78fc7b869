/** The whole way over the official MCP servers, as real processes. */
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh } from "@agentmesh/runtime";
import { expect, test } from "vitest";
import { officialServers } from "./official-servers.ts";

const newFolder = () => realpathSync(mkdtempSync(join(tmpdir(), "agentmesh-servers-")));

test(
  "every tool of every server is listed with its schema, and a plan uses one of each",
  { timeout: 60_000 },
  async () => {
    const folder = newFolder();
    await using mesh = await createMesh({ mcpServers: officialServers(folder), store: ":memory:" });
    const { servers, tools } = await mesh.tools();
    expect(servers.map(({ server, state }) => `${server} ${state}`)).toEqual([
      "everything ready",
      "files ready",
      "memory ready",
      "thinking ready",
    ]);
    const counts = Object.fromEntries(
      servers.map(({ server }) => [server, tools.filter((tool) => tool.server === server).length]),
    );
    expect(counts).toMatchObject({ files: 14, memory: 9, thinking: 1 });
    expect(counts["everything"]).toBeGreaterThanOrEqual(10);
    expect(tools.filter((tool) => tool.inputSchema["type"] !== "object" || tool.fingerprint === "")).toEqual([]);

    const run = mesh.run({
      mesh: 1,
      name: "one of each",
      tasks: [
        { id: "note", use: "files.read_text_file", args: { path: join(folder, "notes/launch.txt") } },
        {
          id: "keep",
          use: "memory.create_entities",
          args: { entities: [{ name: "Launch", entityType: "event", observations: [{ $from: "note.content" }] }] },
        },
        {
          id: "think",
          use: "thinking.sequentialthinking",
          args: { thought: "{{ note.content }}", nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
        },
        {
          id: "say",
          use: "everything.echo",
          args: { message: "{{ keep.entities[0].name }}: {{ think.totalThoughts }}" },
        },
        { id: "found", use: "memory.search_nodes", args: { query: "Lisbon" }, after: ["keep"] },
      ],
      output: { said: { $from: "say.text" }, found: { $from: "found.entities[0].name" } },
    });
    const result = await run.result;
    expect(result).toMatchObject({ status: "succeeded", output: { said: "Echo: Launch: 1", found: "Launch" } });
  },
);

test("a diamond runs without a layer barrier: D does not wait for B", { timeout: 60_000 }, async () => {
  await using mesh = await createMesh({
    mcpServers: { everything: officialServers(newFolder()).everything },
    store: ":memory:",
  });
  const wait = (duration: number, after: string[]) => ({
    use: "everything.trigger-long-running-operation",
    args: { duration, steps: 1 },
    after,
  });
  const run = mesh.run({
    mesh: 1,
    tasks: [
      { id: "A", use: "everything.echo", args: { message: "go" } },
      { id: "B", ...wait(1, ["A"]) },
      { id: "C", ...wait(0.5, ["A"]) },
      { id: "D", ...wait(0.5, ["C"]) },
      { id: "E", use: "everything.echo", args: { message: "{{ B.text }} {{ D.text }}" } },
    ],
  });
  expect((await run.result).status).toBe("succeeded");
  const order = (await mesh.events(run.id)).flatMap((event) =>
    "task" in event ? [`${event.type} ${event.task}`] : [],
  );
  expect(order.indexOf("task.started D")).toBeLessThan(order.indexOf("task.succeeded B"));
  expect(order.indexOf("task.started D")).toBeGreaterThan(order.indexOf("task.succeeded C"));
});
