/** Servers that break the rules in mid-call: each call has a typed end, and nothing grows without bound. */
import { describe, expect, test } from "vitest";
import { failureOf, options, soon, stdioConfig, testSource } from "./fixtures/sources.ts";

describe("a stdio server that", () => {
  test.each([
    ["answers another call first", "wrong-id", { value: { text: "right" } }],
    ["answers twice", "twice", { value: { text: "right" } }],
    ["writes broken text between its messages", "bad-text", { value: { text: "right" } }],
    ["writes its answer in single bytes", "drip", { value: { text: "right" } }],
    ["fills its standard error", "loud", { value: { text: "right" } }],
    ["asks for what we do not offer", "asks", { value: { text: "right" } }],
  ])("%s is understood", async (_what, way, result) => {
    const source = testSource(stdioConfig("hostile", [way]));
    expect(await source.call("any", {}, options())).toMatchObject(result);
    expect(await source.call("any", {}, options())).toMatchObject(result);
  });

  test("nests without end is refused", async () => {
    const source = testSource(stdioConfig("hostile", ["nested"]));
    const error = await failureOf(source.call("any", {}, options()));
    expect(["AM_TOOL_OUTPUT_INVALID", "AM_TOOL_PROTOCOL"]).toContain(error.code);
  });

  test("answers what is no tool result is refused", async () => {
    const source = testSource(stdioConfig("hostile", ["shapeless"]));
    const error = await failureOf(source.call("any", {}, options()));
    expect(error).toMatchObject({ code: "AM_TOOL_PROTOCOL", outcome: "unknown" });
    expect(error.message).toMatch(/^"fixture\.any" answered not as MCP says: Invalid result for tools\/call: content/);
  });

  test("never ends its answer is cut off, and the call is over", async () => {
    const source = testSource(stdioConfig("hostile", ["endless"]));
    await source.connect(soon());
    const before = process.memoryUsage().rss;
    const error = await failureOf(source.call("any", {}, options({ timeoutMs: 3_000 })));
    expect(["AM_TOOL_TIMEOUT", "AM_TOOL_DISCONNECTED"]).toContain(error.code);
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 1024 * 1024);
  });

  test("turns to garbage is given up", async () => {
    const source = testSource(stdioConfig("hostile", ["garbage"]));
    const error = await failureOf(source.call("any", {}, options()));
    expect(error).toMatchObject({ code: "AM_TOOL_DISCONNECTED", outcome: "unknown" });
    expect(error.message).toContain("wrote what is not MCP to its standard output");
  });
});

test("one tool that is not as MCP says does not cost the others, and a null is what is not said", async () => {
  const source = testSource(stdioConfig("hostile", ["odd-tools"], { trust: { annotations: true } }));
  const status = await source.connect(soon());
  expect(status).toMatchObject({ state: "ready", tools: 3 });
  expect(source.tools().map(({ tool, description, effect }) => [tool, description, effect])).toEqual([
    ["any", "", "destructive"],
    ["nulls", "", "read"],
    ["said", "Said.", "destructive"],
  ]);
  expect(status.warnings).toEqual([
    expect.stringContaining('Left out "shapeless": it is not as MCP says: inputSchema'),
    expect.stringContaining('Left out "": it is not as MCP says'),
    expect.stringContaining('Left out "listed": it is not as MCP says: outputSchema'),
    expect.stringContaining('Left out "plain": its output is no object'),
  ]);
  expect(await source.call("nulls", {}, options())).toMatchObject({ value: { text: "right" } });
});
