/** What a call gives and how it fails, over both transports and in both protocol eras. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type McpServerConfigInput, McpToolProxy, type McpToolSource } from "../src/index.ts";
import { modernEndpoint, sessionEndpoint } from "./fixtures/http-servers.ts";
import { failureOf, linesOf, LONG_MS, options, soon, stdioConfig, testFile, testSource } from "./fixtures/sources.ts";

interface Subject {
  readonly source: McpToolSource;
  /** What the server did, as it recorded it itself. */
  readonly record: () => readonly string[];
}

type Connect = (more?: McpServerConfigInput) => Promise<Subject>;

const overStdio =
  (protocol: "legacy" | "modern"): Connect =>
  (more = {}) => {
    const file = testFile("record.txt");
    const source = testSource(stdioConfig("well-behaved", [], { protocol, env: { RECORD_FILE: file }, ...more }));
    return Promise.resolve({ source, record: () => linesOf(file) });
  };

const overHttp =
  (endpoint: typeof modernEndpoint | typeof sessionEndpoint): Connect =>
  async (more = {}) => {
    const lines: string[] = [];
    const { url } = await endpoint({ record: (line) => void lines.push(line) });
    return { source: testSource({ url, ...more }), record: () => lines };
  };

describe.each<[string, string, Connect]>([
  ["stdio", "2025-11-25", overStdio("legacy")],
  ["stdio", "2026-07-28", overStdio("modern")],
  ["HTTP", "2025-11-25", overHttp(sessionEndpoint)],
  ["HTTP", "2026-07-28", overHttp(modernEndpoint)],
])("over %s in %s", (_transport, protocolVersion, connect) => {
  test("the status names the revision that was agreed on", async () => {
    const { source } = await connect();
    const status = await source.connect(soon());
    expect(status).toMatchObject({ state: "ready", protocolVersion });
    expect(status.connectMs).toBeGreaterThan(0);
  });

  test("a result keeps content of every kind, and its text", async () => {
    const { source } = await connect();
    const { value, isChecked } = await source.call("kinds", {}, options());
    expect(isChecked).toBe(false);
    expect(value).toMatchObject({
      text: "first\nsecond",
      content: [
        { type: "text", text: "first" },
        { type: "image", mimeType: "image/png" },
        { type: "audio", mimeType: "audio/wav" },
        { type: "resource", resource: { uri: "file:///a.txt", text: "embedded" } },
        { type: "resource_link", uri: "file:///b.txt", name: "b.txt" },
        { type: "text", text: "second" },
      ],
    });
  });

  test("the idempotency key travels with the call", async () => {
    const { source } = await connect();
    const { value } = await source.call("meta", {}, options({ idempotencyKey: "run-7/hits/1" }));
    expect(value).toMatchObject({ "agentmesh/idempotencyKey": "run-7/hits/1" });
  });

  test("progress is told, and keeps a slow tool alive beyond its timeout", async () => {
    const { source } = await connect();
    await source.connect(soon());
    const onProgress = vi.fn();
    const call = source.call("steps", { steps: 7, ms: 150 }, options({ timeoutMs: 900, onProgress }));
    expect(await call).toMatchObject({ value: { text: "all steps done" } });
    expect(onProgress).toHaveBeenCalledWith({ progress: 1, total: 7, message: "step 1" });
  });

  test("a cancel reaches the tool, without the caller's reason", async () => {
    const { source, record } = await connect();
    await source.connect(soon());
    const controller = new AbortController();
    const call = failureOf(source.call("wait", { ms: LONG_MS }, options({ signal: controller.signal })));
    await vi.waitFor(() => expect(record()).toContain("called wait"), 30_000);
    controller.abort(new Error("the boss is coming"));
    const error = await call;
    expect(error).toMatchObject({
      code: "AM_TOOL_CANCELLED",
      outcome: "unknown",
      message: '"fixture.wait" was cancelled while it ran; whether it had an effect is unknown.',
      hint: "The tool was told to stop; check what it did before calling it again.",
    });
    expect(JSON.stringify(error)).not.toContain("boss");
    await vi.waitFor(() => expect(record()).toContain("wait was told to stop"), 30_000);
  });

  test("a tool that runs out of time is told to stop", async () => {
    const { source, record } = await connect();
    await source.connect(soon());
    const error = await failureOf(source.call("wait", { ms: LONG_MS }, options({ timeoutMs: 300 })));
    expect(error).toMatchObject({
      code: "AM_TOOL_TIMEOUT",
      outcome: "unknown",
      message: '"fixture.wait" gave no answer within 300 ms; whether it had an effect is unknown.',
      hint: 'If it only is slow, raise timeoutMs of the task or of server "fixture".',
      retryable: true,
    });
    await vi.waitFor(() => expect(record()).toContain("wait was told to stop"), 30_000);
  });

  test("a deaf tool is left to itself, and the next call works", async () => {
    const { source, record } = await connect();
    await source.connect(soon());
    const startMs = performance.now();
    const error = await failureOf(source.call("deaf", { ms: 3_000 }, options({ timeoutMs: 200 })));
    expect(error.code).toBe("AM_TOOL_TIMEOUT");
    expect(performance.now() - startMs).toBeLessThan(2_500);
    expect(await source.call("echo", { text: "next" }, options())).toMatchObject({ value: { text: "next" } });
    expect(record()).not.toContain("deaf is done");
  });

  test("a result over the limit is refused, and the next call works", async () => {
    const { source } = await connect({ outputBytesMax: 10_000 });
    expect(await source.call("big", { bytes: 9_000 }, options())).toMatchObject({ isChecked: false });
    const error = await failureOf(source.call("big", { bytes: 20_000 }, options()));
    expect(error).toMatchObject({
      code: "AM_TOOL_OUTPUT_TOO_LARGE",
      outcome: "failed",
      hint: 'Ask the tool for less, or raise outputBytesMax of server "fixture".',
    });
    expect(error.message).toMatch(/^"fixture\.big" gave a result of \d+ bytes or more; 10000 are allowed\.$/);
    expect(await source.call("echo", { text: "next" }, options())).toMatchObject({ value: { text: "next" } });
  });

  test("a result of many megabytes is refused without being held", async () => {
    const { source } = await connect();
    const [error, next] = await Promise.all([
      failureOf(source.call("big", { bytes: 30_000_000 }, options())),
      source.call("echo", { text: "beside" }, options()),
    ]);
    expect(error.code).toBe("AM_TOOL_OUTPUT_TOO_LARGE");
    expect(next).toMatchObject({ value: { text: "beside" } });
    expect(source.status().state).toBe("ready");
  });

  test("an output that breaks its schema is given unchecked, with a warning that tells the place", async () => {
    const { source } = await connect();
    expect(await source.call("breach", {}, options())).toEqual({
      value: { count: "three" },
      isChecked: false,
      warnings: [
        expect.stringMatching(/^"fixture\.breach" gave an output that breaks its own output schema at \/count: /),
      ],
    });
    expect(await source.call("unstructured", {}, options())).toMatchObject({ value: { text: "three" } });
  });

  test("an output that breaks its schema is not looked at where the operator says so", async () => {
    const { source } = await connect({ outputSchema: "off" });
    expect(await source.call("breach", {}, options())).toEqual({ value: { count: "three" }, isChecked: false });
  });

  test("an output that breaks its schema fails its call where the operator is strict, and tells the place", async () => {
    const { source } = await connect({ outputSchema: "strict" });
    const error = await failureOf(source.call("breach", {}, options()));
    expect(error).toMatchObject({
      code: "AM_TOOL_OUTPUT_INVALID",
      outcome: "failed",
      hint: "The tool ran, but its result cannot be used: report it to whoever wrote the tool.",
      facts: { violations: [{ path: "/count", keyword: "type" }] },
    });
    expect(error.message).toMatch(/^"fixture\.breach" gave an output that breaks its own output schema at \/count: /);
  });

  test("an output that was promised and did not come is a breach", async () => {
    const { source } = await connect({ outputSchema: "strict" });
    const error = await failureOf(source.call("unstructured", {}, options()));
    expect(error.message).toBe(
      '"fixture.unstructured" gave an output that breaks its own output schema: It holds no structured content.',
    );
  });

  test("a failure is never measured by the output schema", async () => {
    const { source } = await connect();
    const error = await failureOf(source.call("failing-breach", {}, options()));
    expect(error).toMatchObject({
      code: "AM_TOOL_FAILED",
      outcome: "failed",
      message: '"fixture.failing-breach" failed: no count today.',
      hint: "This is the tool's own answer: check the arguments it was given.",
      facts: { server: "fixture", tool: "failing-breach", text: "no count today" },
    });
  });

  test("an output schema that cannot be used leaves the output unchecked", async () => {
    const { source } = await connect();
    expect(await source.call("odd-schema", {}, options())).toEqual({ value: { a: 1 }, isChecked: false });
  });

  test("an output that nests without end is refused", async () => {
    const { source } = await connect();
    const error = await failureOf(source.call("deep", { levels: 3_000 }, options()));
    expect(error.code).toBe("AM_TOOL_OUTPUT_INVALID");
  });

  test("an error of the protocol is the tool's failure", async () => {
    const { source } = await connect();
    const error = await failureOf(source.call("reject", {}, options()));
    expect(error).toMatchObject({ code: "AM_TOOL_FAILED", outcome: "failed", retryable: true });
    expect(error.message).toContain("the cellar is flooded");
  });

  test("any name can be called, and through a proxy", async () => {
    const { source } = await connect();
    await source.connect(soon());
    const spec = source.tools().find(({ name }) => name === "fixture.odd name/with.dots");
    expect(spec?.tool).toBe("odd name/with.dots");
    const proxy = new McpToolProxy(spec!, source);
    expect(await proxy.call({}, options())).toMatchObject({ value: { text: "reached" } });
  });

  test("a tool that appears is listed, and who listens is told", async () => {
    const { source } = await connect();
    await source.connect(soon());
    expect(source.tools().map(({ tool }) => tool)).not.toContain("grown");
    const told = vi.fn();
    onTestFinished(source.onChange(told));
    await source.call("grow", {}, options());
    await vi.waitFor(() => expect(source.tools().map(({ tool }) => tool)).toContain("grown"), 30_000);
    expect(told).toHaveBeenCalled();
    expect(await source.call("grown", {}, options())).toMatchObject({ value: { text: "There is no grown." } });
  });

  test("what is closed in mid-call has an unknown outcome", async () => {
    const { source, record } = await connect();
    await source.connect(soon());
    const call = failureOf(source.call("deaf", { ms: 5_000 }, options()));
    await vi.waitFor(() => expect(record()).toContain("called deaf"), 30_000);
    await source.close();
    expect(await call).toMatchObject({ code: "AM_TOOL_DISCONNECTED", outcome: "unknown" });
  });
});

test("the timeout of a call is its own, else its tool's, else its server's", async () => {
  const overrides = { wait: { timeoutMs: 200 } };
  const source = testSource(stdioConfig("well-behaved", [], { timeoutMs: 300, tools: { overrides } }));
  await source.connect(soon());
  expect((await failureOf(source.call("wait", { ms: 9_000 }, options()))).facts["timeoutMs"]).toBe(200);
  expect((await failureOf(source.call("deaf", { ms: 9_000 }, options()))).facts["timeoutMs"]).toBe(300);
  const own = await failureOf(source.call("wait", { ms: 9_000 }, options({ timeoutMs: 100 })));
  expect(own.facts["timeoutMs"]).toBe(100);
});

test("starting up does not use up the time of the call", async () => {
  const source = testSource(stdioConfig("well-behaved"));
  const call = source.call("wait", { ms: 0 }, options({ timeoutMs: 1_000 }));
  expect(source.status().state).toBe("connecting");
  await sleep(0);
  expect(await call).toMatchObject({ value: { text: "waited" } });
});
