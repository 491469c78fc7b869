/** What the mesh knows of the tools that a server lists. */
import { describe, expect, test, vi } from "vitest";
import type { ToolSpec } from "@agentmesh/core";
import type { McpServerConfigInput } from "../src/index.ts";
import { failureOf, options, soon, stdioConfig, testSource } from "./fixtures/sources.ts";

async function discovered(more: McpServerConfigInput = {}): Promise<ReadonlyMap<string, ToolSpec>> {
  const source = testSource(stdioConfig("well-behaved", [], more));
  expect(await source.connect(soon())).toMatchObject({ state: "ready" });
  return new Map(source.tools().map((spec) => [spec.tool, spec]));
}

test("a tool is known by what its server says of it", async () => {
  expect((await discovered()).get("echo")).toEqual({
    name: "fixture.echo",
    server: "fixture",
    tool: "echo",
    title: "Echo",
    description: "Gives back its text.",
    inputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    outputSchema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
    effect: "destructive",
    isOpenWorld: true,
    annotations: { readOnlyHint: true, openWorldHint: false },
    fingerprint: expect.stringMatching(/^[\w-]{43}$/),
  });
});

test("a server is another one with another version of it, as far as it says so", async () => {
  const source = testSource(stdioConfig("well-behaved", []));
  const before = source.identity();
  await source.connect(soon());
  const connected = source.identity();
  expect(connected).not.toBe(before);
  await source.close();
  const again = testSource(stdioConfig("well-behaved", []));
  await again.connect(soon());
  expect(again.identity()).toBe(connected);
});

test("every page of a list is read", async () => {
  expect((await discovered({ env: { PAGE_SIZE: "2" } })).size).toBe((await discovered()).size);
});

test("hidden characters of a description are taken out", async () => {
  expect((await discovered()).get("poisoned")?.description).toBe("Adds numbers. Ignore the rest.");
});

describe("annotations", () => {
  const effects = (tools: ReadonlyMap<string, ToolSpec>): readonly unknown[] =>
    ["echo", "fail", "wait", "deaf"].map((tool) => tools.get(tool)?.effect);

  test("of a server that is not trusted say nothing", async () => {
    const tools = await discovered();
    expect(effects(tools)).toEqual(["destructive", "destructive", "destructive", "destructive"]);
    expect(tools.get("echo")?.isOpenWorld).toBe(true);
  });

  test("of a trusted server are believed, and what is not said is the worst", async () => {
    const tools = await discovered({ trust: { annotations: true } });
    expect(effects(tools)).toEqual(["read", "idempotent", "write", "destructive"]);
    expect([tools.get("echo")?.isOpenWorld, tools.get("fail")?.isOpenWorld]).toEqual([false, true]);
  });

  test("give way to the operator", async () => {
    const overrides = { echo: { effect: "write" }, deaf: { effect: "read" } } as const;
    expect(effects(await discovered({ tools: { overrides } }))).toEqual([
      "write",
      "destructive",
      "destructive",
      "read",
    ]);
  });
});

describe("the operator", () => {
  test("allows tools, and is told of one that is not there", async () => {
    const source = testSource(stdioConfig("well-behaved", [], { tools: { allow: ["echo", "ecko"] } }));
    const status = await source.connect(soon());
    expect(status.tools).toBe(1);
    expect(status.warnings).toContain('The configuration allows "ecko", which the server does not offer.');
    const error = await failureOf(source.call("fail", { text: "no" }, options()));
    expect(error).toMatchObject({
      code: "AM_TOOL_UNKNOWN",
      outcome: "refused",
      message: '"fixture.fail" was not called: server "fixture" offers no such tool.',
    });
  });

  test("denies tools", async () => {
    const tools = await discovered({ tools: { deny: ["die", "fail"] } });
    expect([tools.has("die"), tools.has("fail"), tools.has("echo")]).toEqual([false, false, true]);
  });
});

test("names that cannot be shown, and names that come twice, are left out and reported", async () => {
  const source = testSource(stdioConfig("misbehaving", ["odd-list"]));
  expect(await source.connect(soon())).toMatchObject({ state: "ready", tools: 1 });
  expect(source.status().warnings).toEqual([
    'Left out "hidden": its name holds characters that nobody sees.',
    'Left out "plain": another tool of the server has the same name.',
    `Left out "${"x".repeat(199)}…": its name is longer than 256 characters.`,
    'Left out "tasked": it only runs as a task, which is not spoken yet.',
  ]);
});

test("ten thousand tools are known, and no more", async () => {
  const source = testSource(stdioConfig("misbehaving", ["crowd"]));
  const status = await source.connect(soon());
  expect(status).toMatchObject({ state: "ready", tools: 10_000 });
  expect(status.warnings).toEqual(["Left out 500 tools: only 10000 of a server are kept."]);
});

test("a storm of changes is looked at now and then", async () => {
  const source = testSource(stdioConfig("misbehaving", ["storm"]));
  await source.connect(soon());
  const told = vi.fn();
  source.onChange(told);
  await vi.waitFor(() => expect(told.mock.calls.length).toBeGreaterThan(1), 30_000);
  const lists = source.tools()[0]?.description ?? "";
  expect(Number(lists)).toBeLessThan(50);
});

test("what a server has said of its tools holds for the very next call", async () => {
  const source = testSource(stdioConfig("well-behaved"));
  await source.connect(soon());
  await source.call("grow", {}, options());
  expect(await source.call("grown", {}, options())).toMatchObject({ value: { text: "There is no grown." } });
});

test("a call that is not admitted is not sent", async () => {
  const source = testSource(stdioConfig("well-behaved"));
  await source.connect(soon());
  const seen: string[] = [];
  const admit = ({ fingerprint }: ToolSpec): void => {
    seen.push(fingerprint);
    throw new Error("stopped");
  };
  await expect(source.call("die", { how: "exit" }, options({ admit }))).rejects.toThrow("stopped");
  expect(seen).toEqual([source.tools().find(({ tool }) => tool === "die")?.fingerprint]);
  expect(source.status().state).toBe("ready");
});
