/** Connections to real servers, as runs use them: one of its own for each run, and results of any size. */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test, vi } from "vitest";
import type { ServerStatus } from "@agentmesh/ports";
import { createMesh } from "../src/index.ts";
import { temporaryFolder } from "./test-mesh.ts";

const folder = dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/server-everything/package.json"));
const everything = { command: process.execPath, args: [join(folder, "dist", "index.js"), "stdio"] };

const echoPlan = (message: string): never =>
  ({
    mesh: 1,
    name: "echo",
    tasks: [{ id: "said", use: "all.echo", args: { message } }],
    output: { $from: "said.text" },
  }) as never;

test("a connection of a run's own is closed when the run has ended", async () => {
  await using mesh = await createMesh({ mcpServers: { all: { ...everything, scope: "run" } }, store: ":memory:" });
  let status: ServerStatus | undefined;
  let connectionsMost = 0;
  mesh.onServer((each) => {
    status = each;
    connectionsMost = Math.max(connectionsMost, each.connections ?? 0);
  });
  const results = await Promise.all(["one", "two"].map((message) => mesh.run(echoPlan(message)).result));
  expect(results.map(({ output }) => output)).toEqual(["Echo: one", "Echo: two"]);
  expect(connectionsMost).toBeGreaterThan(0);
  await vi.waitFor(() => expect(status?.connections).toBe(0), { timeout: 30_000 });
});

test("a large result is a file beside the store, and its event stays small", async () => {
  const store = join(temporaryFolder(), "store.db");
  await using mesh = await createMesh({ mcpServers: { all: everything }, store });
  const run = mesh.run(echoPlan("x".repeat(500_000)));
  expect((await run.result).output).toBe(`Echo: ${"x".repeat(500_000)}`);
  const events = await mesh.events(run.id);
  expect(JSON.stringify(events.filter(({ type }) => type === "task.succeeded")).length).toBeLessThan(2_000);
  expect(readdirSync(`${store}.blobs`).length).toBeGreaterThan(0);
});
