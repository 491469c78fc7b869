/** A mesh as it is served: what runs come to for callers of today's revision, request by request. */
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@agentmesh/core";
import { parsePlan, type Plan } from "@agentmesh/core";
import { McpEndpoint, type Principal } from "@agentmesh/mcp/server";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { ExposeConfig } from "../src/config/expose-config.ts";
import { createMesh } from "../src/mesh/create-mesh.ts";
import type { Mesh } from "../src/mesh/mesh.ts";
import { ServedMesh } from "../src/served/index.ts";
import { testMesh, type TestMeshOptions } from "./test-mesh.ts";

const KEY = "a key of these tests, and of no others";
const ME: Principal = { tenant: "default", subject: "me", scopes: [] };
const TASKS = { "io.modelcontextprotocol/tasks": {} };
const URL = "http://localhost/mcp";
const patient = { timeout: 30_000 };

function planOf(...tasks: readonly object[]): Plan {
  const { plan } = parsePlan({ mesh: 1, name: "w", tasks, output: { $from: "it" } });
  if (plan === undefined) throw new TypeError("This is no plan.");
  return plan;
}

const WORKFLOWS = new Map([
  ["ask", planOf({ id: "it", use: "t.pay", approve: { message: "Pay?" } })],
  ["wait", planOf({ id: "it", use: "mesh.wait", args: { signal: "go" } })],
  ["fail", planOf({ id: "it", use: "t.fail" })],
  ["tell", planOf({ id: "it", use: "t.tell" })],
  ["slow", planOf({ id: "first", use: "t.slow" }, { id: "it", use: "t.pay", approve: true, after: ["first"] })],
]);
const TOOLS: NonNullable<TestMeshOptions["tools"]> = {
  pay: { run: () => ({ paid: true }) },
  fail: {
    run: () => {
      throw new TypeError("the disk is on fire");
    },
  },
  tell: { run: () => ({ told: "the word is swordfish-7" }) },
};

/** `go` ends the slow tool. */
function slowMesh(): { readonly mesh: Mesh; readonly go: () => void } {
  const gate = Promise.withResolvers<JsonObject>();
  const slow = { run: () => gate.promise };
  const mesh = testMesh({ tools: { ...TOOLS, slow }, secrets: ["swordfish-7"], cancelGraceMs: 10 });
  onTestFinished(() => mesh[Symbol.asyncDispose]());
  return { mesh, go: () => gate.resolve({}) };
}

interface Served {
  readonly mesh: Mesh;
  readonly served: ServedMesh;
  readonly ask: Ask;
}

interface Answer {
  readonly result?: { readonly [key: string]: unknown };
  readonly error?: { readonly code: number; readonly data?: unknown };
}
type Ask = (method: string, params: JsonObject, principal?: Principal) => Promise<Answer>;

function servedMesh(options: { readonly taskAfterMs?: number; readonly mesh?: Mesh } = {}): Served {
  const { mesh = slowMesh().mesh } = options;
  const { taskAfterMs = 60_000 } = options;
  const served = new ServedMesh({
    meshFor: () => Promise.resolve(mesh),
    expose: ExposeConfig.parse({}),
    workflows: WORKFLOWS,
    version: "0.0.0",
    taskAfterMs,
  });
  const endpoint = new McpEndpoint(served, { key: KEY });
  onTestFinished(() => endpoint.close());
  return { mesh, served, ask: asking(endpoint) };
}

function asking(endpoint: McpEndpoint): Ask {
  return async (method, params, principal = ME) => {
    const name = params["name"] ?? params["taskId"];
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1.0.0" },
      "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} }, extensions: TASKS },
    };
    const headers = {
      host: "localhost",
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": name } : {}),
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } });
    const response = await endpoint.fetch(new Request(URL, { method: "POST", headers, body }), principal);
    return (await response.json()) as Answer;
  };
}

const APPROVE = { action: "accept", content: { approve: true } };

/** The one question of an answer, with how to reply to it. */
function questionOf({ result }: Answer): { readonly reply: (answer: JsonObject) => JsonObject; readonly run: string } {
  expect(result).toMatchObject({ resultType: "input_required" });
  const [[key, asked] = ["", {}]] = Object.entries(result?.["inputRequests"] as Readonly<Record<string, object>>);
  const [run = ""] = /r_\w+/.exec(JSON.stringify(asked)) ?? [];
  const requestState = String(result?.["requestState"]);
  return { run, reply: (answer) => ({ inputResponses: { [key]: answer }, requestState }) };
}

describe("an answer to what a run waits for", () => {
  test.each([
    ["ask", APPROVE, { structuredContent: { paid: true } }],
    ["ask", { action: "decline" }, { isError: true }],
    ["ask", { action: "accept", content: { approve: false, note: "no" } }, { isError: true }],
    [
      "ask",
      { action: "cancel" },
      { isError: true, content: [{ text: expect.stringContaining("agentmesh approve r_") }] },
    ],
    ["wait", { action: "accept", content: { data: '{"rate":2}' } }, { structuredContent: { rate: 2 } }],
    ["wait", { action: "accept", content: { data: "now" } }, { structuredContent: "now" }],
  ])("of %s: %j", async (name, answer, expected) => {
    const { ask } = servedMesh();
    const { reply } = questionOf(await ask("tools/call", { name }));
    const { result } = await ask("tools/call", { name, ...reply(answer) });
    expect(result).toMatchObject({ resultType: "complete", ...expected });
  });

  test("that comes twice, or when somebody else has answered, is refused", async () => {
    const { ask, mesh } = servedMesh();
    const refused = { code: -32_602, data: { code: "AM_INPUT_STATE", facts: { reason: "already_answered" } } };
    const first = questionOf(await ask("tools/call", { name: "ask" }));
    const call = { name: "ask", ...first.reply(APPROVE) };
    expect((await ask("tools/call", call)).result).toMatchObject({ structuredContent: { paid: true } });
    expect((await ask("tools/call", call)).error).toMatchObject(refused);
    const second = questionOf(await ask("tools/call", { name: "ask" }));
    await (
      await mesh.approve(second.run, "it")
    )?.result;
    expect((await ask("tools/call", { name: "ask", ...second.reply(APPROVE) })).error).toMatchObject(refused);
  });
});

describe("what a server asks in the middle of a call", () => {
  const order = (...ids: readonly string[]): JsonObject => ({
    name: "run",
    arguments: {
      plan: {
        mesh: 1,
        tasks: ids.map((id) => ({ id, use: "bar.order" })),
        output: ids.map((id) => ({ $from: `${id}.text` })),
      },
    },
  });

  test("is answered by its own key, also when the run has gone on since", async () => {
    const mesh = await askingMesh();
    const { ask } = servedMesh({ mesh });
    const call = order("one", "two");
    const first = await ask("tools/call", call);
    const requestState = String(first.result?.["requestState"]);
    const [run = ""] = /r_\w+/.exec(JSON.stringify(first.result)) ?? [];
    // By now both have asked: whichever the client was asked first, it may have been the only one.
    await vi.waitFor(async () => expect((await mesh.show(run)).waits).toHaveLength(2), patient);
    const answer = { ...call, ...repliesTo(first), requestState };
    let next = await ask("tools/call", answer);
    if (next.result?.["resultType"] === "input_required")
      next = await ask("tools/call", {
        ...call,
        ...repliesTo(next),
        requestState: String(next.result["requestState"]),
      });
    expect(next.result).toMatchObject({ resultType: "complete", structuredContent: { status: "succeeded" } });
    const said = (next.result?.["structuredContent"] as { output?: string[] } | undefined)?.output ?? [];
    expect(said.map((text) => JSON.parse(text) as object)).toMatchObject([
      { content: { size: 2 } },
      { content: { size: 2 } },
    ]);
    expect((await ask("tools/call", answer)).error).toMatchObject({ data: { code: "AM_INPUT_STATE" } });
  });

  test("is asked by the task, and what does not fit its form is refused there", async () => {
    const { ask } = servedMesh({ mesh: await askingMesh(), taskAfterMs: 0 });
    const { result } = await ask("tools/call", order("one"));
    const taskId = String(result?.["taskId"]);
    let asked: Answer = {};
    await vi.waitFor(async () => {
      asked = await ask("tasks/get", { taskId });
      expect(asked.result).toMatchObject({ status: "input_required" });
    }, patient);
    const wrong = await ask("tasks/update", { taskId, ...repliesTo(asked, { size: 0 }) });
    expect(wrong.error).toMatchObject({ code: -32_602, data: { code: "AM_ARGUMENT_INVALID" } });
    await ask("tasks/update", { taskId, ...repliesTo(asked) });
    await vi.waitFor(async () => {
      const done = await ask("tasks/get", { taskId });
      expect(done.result).toMatchObject({
        status: "completed",
        result: { structuredContent: { status: "succeeded" } },
      });
    }, patient);
  });
});

const ASKING = fileURLToPath(import.meta.resolve("../../../tests/servers/asking-server.ts"));

async function askingMesh(): Promise<Mesh> {
  const bar = { command: process.execPath, args: [ASKING], protocol: "modern" as const };
  const mesh = await createMesh({ mcpServers: { bar }, environment: {}, store: ":memory:" });
  onTestFinished(() => mesh[Symbol.asyncDispose]());
  return mesh;
}

/** The same form for every question. */
function repliesTo({ result }: Answer, content: JsonObject = { size: 2 }): { readonly inputResponses: JsonObject } {
  const keys = Object.keys(result?.["inputRequests"] as object);
  return { inputResponses: Object.fromEntries(keys.map((key) => [key, { action: "accept", content }])) };
}

describe("a run that takes longer", () => {
  test("is a task, which asks, is answered and tells its result, also after a restart", async () => {
    const { mesh, go } = slowMesh();
    const { ask } = servedMesh({ mesh, taskAfterMs: 0 });
    const { result } = await ask("tools/call", { name: "slow" });
    expect(result).toMatchObject({ resultType: "task", status: "working" });
    const taskId = String(result?.["taskId"]);
    const again = servedMesh({ mesh });
    expect((await again.ask("tasks/get", { taskId })).result).toMatchObject({ status: "working" });
    go();
    let asked: Answer = {};
    await vi.waitFor(async () => {
      asked = await again.ask("tasks/get", { taskId });
      expect(asked.result).toMatchObject({ status: "input_required" });
    }, patient);
    const [key = ""] = Object.keys(asked.result?.["inputRequests"] as object);
    await again.ask("tasks/update", { taskId, inputResponses: { "approval:it:1": { action: "decline" } } });
    await again.ask("tasks/update", { taskId, inputResponses: { [key]: APPROVE } });
    await vi.waitFor(async () => {
      const done = await again.ask("tasks/get", { taskId });
      expect(done.result).toMatchObject({ status: "completed", result: { structuredContent: { paid: true } } });
    }, patient);
    const other = await again.ask("tasks/get", { taskId }, { ...ME, subject: "eve" });
    expect(other.error).toMatchObject({ code: -32_602 });
  });

  test("is cancelled as a task", async () => {
    const { ask } = servedMesh({ taskAfterMs: 0 });
    const { result } = await ask("tools/call", { name: "slow" });
    const taskId = String(result?.["taskId"]);
    expect((await ask("tasks/cancel", { taskId })).result).toMatchObject({ resultType: "complete" });
    await vi.waitFor(async () => {
      expect((await ask("tasks/get", { taskId })).result).toMatchObject({ status: "cancelled" });
    }, patient);
  });
});

test("a run that fails says why, and a secret is told to nobody", async () => {
  const { ask } = servedMesh();
  const failed = await ask("tools/call", { name: "fail" });
  expect(failed.result).toMatchObject({
    isError: true,
    content: [{ text: expect.stringContaining("disk is on fire") }],
  });
  const told = await ask("tools/call", { name: "tell" });
  expect(JSON.stringify(told)).toContain("the word is [secret]");
  expect(JSON.stringify(told)).not.toContain("swordfish");
});

test("whoever listens hears that a run is there, that it waits and that it is over", async () => {
  const { ask, served } = servedMesh();
  const heard: string[] = [];
  served.onChange("default", ({ kind }) => {
    if (kind !== "tools") heard.push(kind);
  });
  served.onChange("other", () => heard.push("of another tenant"));
  const { reply } = questionOf(await ask("tools/call", { name: "ask" }));
  await vi.waitFor(() => expect(heard).toEqual(["resources", "resource", "resource"]), patient);
  await ask("tools/call", { name: "ask", ...reply(APPROVE) });
  await vi.waitFor(() => expect(heard).toHaveLength(5), patient);
  expect(new Set(heard)).toEqual(new Set(["resources", "resource"]));
});
