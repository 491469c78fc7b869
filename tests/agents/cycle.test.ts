/** Two agents that hand the same work to each other. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import type { PlanInput } from "@agentmesh/core";
import { createMesh } from "@agentmesh/runtime";
import { expect, onTestFinished, test, vi } from "vitest";
import { newFolder, ServeProcess, writeJson } from "./mesh-process.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const asking = (agent: string): PlanInput => ({
  mesh: 1,
  name: `asks ${agent}`,
  tasks: [{ id: "ask", use: `agent:${agent}` }],
  output: { $from: "ask" },
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** `ping` of the one asks `pong` of the other, and `pong` asks `ping`. */
async function serve(own: number, other: number, names: readonly [own: string, other: string]): Promise<ServeProcess> {
  const folder = await newFolder();
  const [name, agent] = names;
  await writeJson(folder, "agentmesh.config.json", {
    mcpServers: { other: { url: `http://127.0.0.1:${other}/mcp` } },
    agents: { [agent]: { server: "other", tool: agent, effect: "idempotent" } },
    workflows: { [name]: asking(agent) },
    policy: { retryMax: 0 },
  });
  const process = await ServeProcess.start(folder, String(own));
  onTestFinished(() => process.end("SIGKILL"));
  return process;
}

test("work that comes back to who has asked for it is refused, with the reason, and none of the meshes waits for ever", async () => {
  const [first, second] = [await freePort(), await freePort()];
  const [a] = await Promise.all([serve(first, second, ["ping", "pong"]), serve(second, first, ["pong", "ping"])]);
  const mesh = await createMesh({
    mcpServers: { a: { url: a.url } },
    agents: { ping: { server: "a", tool: "ping", effect: "idempotent" } },
    store: ":memory:",
    environment: {},
    policy: { retryMax: 0 },
  });
  onTestFinished(() => mesh[Symbol.asyncDispose]());
  const run = mesh.run(asking("ping"));
  const { status, error } = await run.result;
  expect(status).toBe("failed");
  expect(error?.message).toContain("asked for what a run above it was asked already");
});
