/** Who shares a connection with whom, for how long, and how many there are at most. */
import { describe, expect, test, vi } from "vitest";
import type { ToolCaller } from "@agentmesh/ports";
import type { McpServerConfigInput, McpToolSource } from "../src/index.ts";
import { isRunning, runningChildren } from "./fixtures/processes.ts";
import { modernEndpoint, sessionEndpoint, watchedEndpoint } from "./fixtures/http-servers.ts";
import { failureOf, linesOf, LONG_MS, options, soon, stdioConfig, testFile, testSource } from "./fixtures/sources.ts";

const caller = (run: string, tenant = "acme"): ToolCaller => ({ run, tenant });

function scoped(more: McpServerConfigInput): { readonly source: McpToolSource; readonly starts: () => number } {
  const file = testFile("starts.txt");
  const source = testSource(stdioConfig("well-behaved", [], { env: { START_FILE: file }, ...more }));
  return { source, starts: () => linesOf(file).length };
}

/** The process that serves a caller. */
async function processOf(source: McpToolSource, who: ToolCaller): Promise<number> {
  const { value } = await source.call("who", {}, options({ caller: who }));
  return (value as { pid: number }).pid;
}

test("everybody shares one connection unless the operator says otherwise", async () => {
  const { source, starts } = scoped({});
  await source.connect(soon());
  const pids = await Promise.all([processOf(source, caller("1")), processOf(source, caller("2", "globex"))]);
  expect(new Set(pids).size).toBe(1);
  expect(starts()).toBe(1);
  expect(source.status()).not.toHaveProperty("connections");
});

test("the runs of one tenant share a connection, and no other tenant does", async () => {
  const { source } = scoped({ scope: "tenant" });
  const [first, second, foreign] = await Promise.all([
    processOf(source, caller("1", "acme")),
    processOf(source, caller("2", "acme")),
    processOf(source, caller("3", "globex")),
  ]);
  expect(second).toBe(first);
  expect(foreign).not.toBe(first);
  await source.runEnded("1");
  expect(await processOf(source, caller("4", "acme"))).toBe(first);
});

describe("a connection for each run", () => {
  test("is that run's alone, and is closed when the run has ended", async () => {
    const { source, starts } = scoped({ scope: "run" });
    await source.connect(soon());
    const first = await processOf(source, caller("1"));
    const second = await processOf(source, caller("2"));
    expect(second).not.toBe(first);
    expect(await processOf(source, caller("1"))).toBe(first);
    // The one that listed the tools is the first run's.
    expect(starts()).toBe(2);
    expect(source.status()).toMatchObject({ state: "ready", connections: 2 });
    await source.runEnded("1");
    expect([first, second].map(isRunning)).toEqual([false, true]);
    expect(source.status()).toMatchObject({ state: "ready", connections: 1 });
    expect(await processOf(source, caller("2"))).toBe(second);
  });

  test("is told apart over HTTP too", async () => {
    const endpoint = await sessionEndpoint();
    const source = testSource({ url: endpoint.url, scope: "run" });
    await Promise.all(
      ["1", "2", "3"].map((run) => source.call("echo", { text: run }, options({ caller: caller(run) }))),
    );
    expect(endpoint.sessions.size).toBe(3);
    await source.runEnded("2");
    expect(endpoint.sessions.size).toBe(2);
  });

  test("makes place for another run when it is not in use, and refuses when all are", async () => {
    const { source } = scoped({ scope: "run", connectionsMax: 2 });
    const first = await processOf(source, caller("1"));
    const second = await processOf(source, caller("2"));
    await processOf(source, caller("1"));
    const third = await processOf(source, caller("3"));
    await vi.waitFor(() => expect([first, second, third].map(isRunning)).toEqual([true, false, true]), 30_000);
    const controller = new AbortController();
    const busy = ["1", "3"].map((run) =>
      failureOf(source.call("wait", { ms: LONG_MS }, options({ caller: caller(run), signal: controller.signal }))),
    );
    const error = await failureOf(source.call("who", {}, options({ caller: caller("4") })));
    expect(error).toMatchObject({
      code: "AM_TOOL_UNAVAILABLE",
      outcome: "refused",
      message: '"fixture.who" was not called: All 2 connections of server "fixture" are in use.',
      hint: "Wait for another run to end, or raise mcpServers.fixture.connectionsMax.",
      retryable: true,
    });
    controller.abort();
    await Promise.all(busy);
  });

  test("that nobody uses for a while is closed, and comes back at the next call", async () => {
    const { source, starts } = scoped({ scope: "run", idleTimeoutMs: 200 });
    const first = await processOf(source, caller("1"));
    await vi.waitFor(() => expect(isRunning(first)).toBe(false), 30_000);
    expect(source.tools().length).toBeGreaterThan(0);
    expect(await processOf(source, caller("1"))).not.toBe(first);
    expect(starts()).toBe(2);
  });

  test("is gone with its source", async () => {
    const { source } = scoped({ scope: "run" });
    await Promise.all(["1", "2", "3"].map((run) => processOf(source, caller(run))));
    await source.close();
    expect(runningChildren()).toEqual([]);
  });
});

describe("a second connection", () => {
  test.each([
    ["2026-07-28", modernEndpoint],
    ["2025-11-25", sessionEndpoint],
  ])("to a server of %s does not ask again which era it speaks", async (protocolVersion, makeEndpoint) => {
    const { url, methods } = await watchedEndpoint(await makeEndpoint());
    const source = testSource({ url, scope: "run" });
    for (const run of ["1", "2", "3"]) await source.call("echo", { text: run }, options({ caller: caller(run) }));
    expect(methods.filter((method) => method === "server/discover")).toHaveLength(1);
    expect(source.status()).toMatchObject({ protocolVersion, connections: 3 });
  });

  test.each([
    ["2025-11-25", sessionEndpoint, "2026-07-28", modernEndpoint],
    ["2026-07-28", modernEndpoint, "2025-11-25", sessionEndpoint],
  ])("asks again when the server went from %s to another era", async (before, makeBefore, after, makeAfter) => {
    const endpoint = await makeBefore();
    const source = testSource({ url: endpoint.url });
    expect(await source.connect(soon())).toMatchObject({ protocolVersion: before });
    await endpoint.stop();
    await makeAfter({}, endpoint.port);
    await vi.waitFor(async () => {
      await source.call("echo", { text: "there?" }, options());
      expect(source.status()).toMatchObject({ state: "ready", protocolVersion: after });
    }, 30_000);
  });
});
