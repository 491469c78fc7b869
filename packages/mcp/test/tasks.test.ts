/** Tools that run as tasks: polled until they are done, over whatever connection there is. */
import { randomUUID } from "node:crypto";
import { createMcpHandler } from "@modelcontextprotocol/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { ToolCallOptions } from "@agentmesh/ports";
import type { McpServerConfigInput, McpToolSource } from "../src/index.ts";
import { httpEndpoint, type TestEndpoint, watchedEndpoint } from "./fixtures/http-servers.ts";
import { failureOf, linesOf, LONG_MS, options, soon, stdioConfig, testFile, testSource } from "./fixtures/sources.ts";
import { taskServer, type TaskMemory } from "./fixtures/task-server.ts";

function memory(): TaskMemory & { readonly lines: string[] } {
  const lines: string[] = [];
  return { tasks: {}, save: () => undefined, record: (line) => void lines.push(line), lines };
}

async function taskEndpoint(kept: TaskMemory, port = 0): Promise<TestEndpoint> {
  const handler = createMcpHandler(() => taskServer(kept), { legacy: "reject" });
  onTestFinished(() => handler.close());
  return httpEndpoint(toNodeHandler(handler) as never, port);
}

interface Subject {
  readonly source: McpToolSource;
  readonly record: () => readonly string[];
}
type Connect = (more?: McpServerConfigInput) => Promise<Subject>;

const overHttp: Connect = async (more = {}) => {
  const kept = memory();
  const { url } = await taskEndpoint(kept);
  return { source: testSource({ url, ...more }), record: () => kept.lines };
};

const overStdio: Connect = (more = {}) => {
  const file = testFile("record.txt");
  const env = { TASK_FILE: testFile("tasks.json"), RECORD_FILE: file };
  const source = testSource(stdioConfig("task-server", [], { protocol: "modern", env, ...more }));
  return Promise.resolve({ source, record: () => linesOf(file) });
};

describe.each<[string, Connect]>([
  ["HTTP", overHttp],
  ["stdio", overStdio],
])("over %s", (_transport, connect) => {
  test("a task is polled until it has a result", async () => {
    const { source, record } = await connect();
    const onProgress = vi.fn();
    expect(await source.call("work", { ms: 300 }, options({ onProgress }))).toMatchObject({
      value: { text: '"done"' },
    });
    const polls = record().filter((line) => line === "polled work").length;
    expect(polls).toBeGreaterThan(1);
    expect(polls).toBeLessThan(10);
    expect(record().filter((line) => line === "called work")).toHaveLength(1);
    expect(onProgress).toHaveBeenCalledWith({ progress: 1, message: "halfway there" });
  });

  test("what a task asks is answered once", async () => {
    const { source, record } = await connect();
    const onInput = vi.fn<NonNullable<ToolCallOptions["onInput"]>>(() =>
      Promise.resolve({ action: "accept", content: { go: true } }),
    );
    const { value } = await source.call("ask", {}, options({ onInput }));
    expect(value).toMatchObject({ text: JSON.stringify({ action: "accept", content: { go: true } }) });
    expect(onInput).toHaveBeenCalledTimes(1);
    expect(record().filter((line) => line === "updated")).toHaveLength(1);
  });

  test.each([
    ["break", "AM_TOOL_FAILED", "failed", "the disk is full"],
    ["fail", "AM_TOOL_FAILED", "failed", "done"],
    ["vanish", "AM_TOOL_DISCONNECTED", "unknown", "does not know its task any more"],
    ["big", "AM_TOOL_OUTPUT_TOO_LARGE", "failed", "10000 are allowed"],
  ])("a task that does %s has a typed end", async (tool, code, outcome, says) => {
    const { source } = await connect({ outputBytesMax: 10_000 });
    const error = await failureOf(source.call(tool, {}, options()));
    expect(error).toMatchObject({ code, outcome });
    expect(error.message).toContain(says);
  });

  test("a call that is given up cancels its task", async () => {
    const { source, record } = await connect();
    const controller = new AbortController();
    const call = failureOf(source.call("work", { ms: LONG_MS }, options({ signal: controller.signal })));
    await vi.waitFor(() => expect(record()).toContain("polled work"), 30_000);
    controller.abort();
    expect(await call).toMatchObject({ code: "AM_TOOL_CANCELLED", outcome: "unknown" });
    await vi.waitFor(() => expect(record()).toContain("cancelled work"), 30_000);
  });
});

test("a task that nobody hears of any more runs out of its call's time", async () => {
  const { source } = await overHttp();
  await source.connect(soon());
  const error = await failureOf(source.call("work", { ms: LONG_MS }, options({ timeoutMs: 200 })));
  expect(error).toMatchObject({ code: "AM_TOOL_TIMEOUT", outcome: "unknown" });
});

test("a task is found again after its server was restarted, and the tool is not called twice", async () => {
  const kept = memory();
  const first = await taskEndpoint(kept);
  const source = testSource({ url: first.url });
  const call = source.call("work", { ms: 1_500 }, options());
  await vi.waitFor(() => expect(kept.lines).toContain("polled work"), 30_000);
  await first.stop();
  await taskEndpoint(kept, first.port);
  expect(await call).toMatchObject({ value: { text: '"done"' } });
  expect(kept.lines.filter((line) => line === "called work")).toHaveLength(1);
});

test("a task is found again after the process of its server died, and the tool is not called twice", async () => {
  const { source, record } = await overStdio();
  const call = source.call("work", { ms: 2_000 }, options());
  await vi.waitFor(() => expect(record()).toContain("polled work"), 30_000);
  process.kill(Number(record()[0]?.split(" ")[1]), "SIGKILL");
  expect(await call).toMatchObject({ value: { text: '"done"' } });
  expect(record().filter((line) => line === "called work")).toHaveLength(1);
  expect(record().filter((line) => line.startsWith("started"))).toHaveLength(2);
});

test("a task is asked for by its name in the header that gateways route by", async () => {
  const kept = memory();
  const seen: (string | undefined)[] = [];
  const inner = await taskEndpoint(kept);
  const { url } = await watchedEndpoint(inner, ({ headers }) => {
    if (headers["mcp-method"] === "tasks/get") seen.push(String(headers["mcp-name"]));
  });
  await testSource({ url }).call("work", { ms: 100 }, options({ idempotencyKey: randomUUID() }));
  expect(new Set(seen)).toEqual(new Set(Object.keys(kept.tasks)));
});
