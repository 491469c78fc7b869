/** What is served over HTTP, to real clients of both eras. */
import { describe, expect, test, vi } from "vitest";
import { FixtureService } from "../fixtures/served-fixture.ts";
import { type Era, oldClient, rawRequest, servedClient, servedEndpoint } from "../fixtures/served-clients.ts";

const TASKS = { "io.modelcontextprotocol/tasks": {} };
const patient = { timeout: 30_000 };

describe.each<Era>(["2025-11-25", "2026-07-28"])("a client of %s", (era) => {
  test("lists and calls tools as its own tenant, and is told what does not fit", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const client = await servedClient(url, { era, principal: "umbrella/ann" });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(["echo", "slow", "ask", "long", "grow", "route"]);
    const called = await client.callTool({ name: "echo", arguments: { text: "hi" } });
    expect(called.structuredContent).toEqual({ text: "hi", tenant: "umbrella" });
    const refused = await client.callTool({ name: "echo", arguments: { text: 7 } });
    expect(refused).toMatchObject({ isError: true, _meta: { "agentmesh/error": { code: "AM_ARGUMENT_INVALID" } } });
    await expect(client.callTool({ name: "nothing" })).rejects.toMatchObject({ code: -32_602 });
    await expect(client.readResource({ uri: "test://b" })).rejects.toMatchObject({ code: -32_602 });
  });

  test("stops a call by aborting it, and its progress never goes back", async () => {
    const service = new FixtureService();
    const { url } = await servedEndpoint(service);
    const client = await servedClient(url, { era });
    const abort = new AbortController();
    const seen: number[] = [];
    const call = client.callTool(
      { name: "slow" },
      {
        signal: abort.signal,
        onprogress: ({ progress }) => {
          seen.push(progress);
          if (progress >= 3) abort.abort();
        },
      },
    );
    await expect(call).rejects.toThrow();
    await vi.waitFor(() => expect(service.record).toEqual(["slow begins", "slow is cancelled"]), patient);
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("is asked in the middle of a call", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const client = await servedClient(url, { era, capabilities: { elicitation: { form: {} } } });
    client.setRequestHandler("elicitation/create", ({ params }) => ({
      action: "accept",
      content: { yes: params.message === 'Do "this"?' },
    }));
    const { content } = await client.callTool({ name: "ask", arguments: { what: "this" } });
    expect(content).toEqual([
      { type: "text", text: '{"what":"this","question":0} {"action":"accept","content":{"yes":true}}' },
    ]);
  });

  test("that cannot be asked gets a result", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const client = await servedClient(url, { era });
    const { content } = await client.callTool({ name: "ask", arguments: {} });
    expect(content).toEqual([{ type: "text", text: "nobody can be asked" }]);
  });

  test("hears of changes of its own tenant only", async () => {
    const service = new FixtureService();
    const { url } = await servedEndpoint(service);
    const heard: string[] = [];
    const listening = (name: string) => ({
      era,
      principal: `${name}/me`,
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => void heard.push(name) } },
    });
    await servedClient(url, listening("other"));
    const client = await servedClient(url, listening("acme"));
    await vi.waitFor(async () => {
      await client.callTool({ name: "grow" });
      expect(heard).toContain("acme");
    }, patient);
    expect(heard).not.toContain("other");
  });
});

test("the SDK of before is served as well", async () => {
  const { url } = await servedEndpoint(new FixtureService());
  const client = await oldClient(url);
  expect(client.getInstructions()).toBe("Ask away.");
  const called = await client.callTool({ name: "echo", arguments: { text: "hi" } });
  expect(called["structuredContent"]).toEqual({ text: "hi", tenant: "acme" });
});

describe("a session", () => {
  test("is nobody else's, and ends when its client says so", async () => {
    const { url, endpoint } = await servedEndpoint(new FixtureService());
    const client = await servedClient(url, { era: "2025-11-25" });
    expect(endpoint.sessions).toBe(1);
    const session = (client.transport as { sessionId?: string }).sessionId ?? "";
    const asked = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
    const answer = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": session,
        "x-principal": "acme/eve",
      },
      body: JSON.stringify(asked),
    });
    expect(answer.status).toBe(404);
    await (client.transport as unknown as { terminateSession(): Promise<void> }).terminateSession();
    await vi.waitFor(() => expect(endpoint.sessions).toBe(0), patient);
  });

  test("that nobody uses ends, and one principal has not more than its share", async () => {
    const service = new FixtureService();
    const { url, endpoint } = await servedEndpoint(service, { ownSessionsMax: 2, idleMs: 200 });
    const open = async (): Promise<number> => {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
        body: JSON.stringify({
          jsonrpc: "2.0",
          id: 0,
          method: "initialize",
          params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "raw", version: "1" } },
        }),
      });
      await response.text();
      return response.status;
    };
    expect([await open(), await open(), await open()]).toEqual([200, 200, 200]);
    expect(endpoint.sessions).toBeLessThanOrEqual(2);
    await vi.waitFor(() => expect(endpoint.sessions).toBe(0), patient);
    expect(service.listeners).toBe(0);
  });
});

describe("the state of a question", () => {
  const ask = (url: string, params: object, principal?: string) =>
    rawRequest(url, "tools/call", {
      params: { name: "ask", arguments: { what: "this" }, ...params },
      ...(principal === undefined ? {} : { principal }),
    });
  const answers = { inputResponses: { sure: { action: "accept", content: { yes: true } } } };

  test("is good once, for the same call of the same principal, and as it was given", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const { result } = await ask(url, {});
    expect(result).toMatchObject({ resultType: "input_required" });
    const requestState = String(result?.["requestState"]);
    const forged = `${requestState.slice(0, -2)}${requestState.endsWith("AA") ? "BB" : "AA"}`;
    const refused = { code: -32_602 };
    expect((await ask(url, { ...answers, requestState: forged })).error).toMatchObject(refused);
    expect((await ask(url, { ...answers, requestState }, "acme/eve")).error).toMatchObject(refused);
    const other = await ask(url, { ...answers, requestState, arguments: { what: "that" } });
    expect(other.error).toMatchObject({ ...refused, data: { code: "AM_INPUT_STATE" } });
    expect((await ask(url, { ...answers, requestState })).result).toMatchObject({ resultType: "complete" });
    const again = await ask(url, { ...answers, requestState });
    expect(again.error).toMatchObject({ ...refused, data: { facts: { reason: "already_answered" } } });
  });
});

describe("a task", () => {
  const begin = async (url: string) => {
    const { result } = await rawRequest(url, "tools/call", { params: { name: "long" }, extensions: TASKS });
    expect(result).toMatchObject({ resultType: "task", status: "working" });
    return String(result?.["taskId"]);
  };

  test("is given to those who take tasks, answered and asked for", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const plain = await rawRequest(url, "tools/call", { params: { name: "long" } });
    expect(plain.result).toMatchObject({ resultType: "complete", content: [{ text: "no task" }] });
    const taskId = await begin(url);
    const asked = await rawRequest(url, "tasks/get", { params: { taskId }, extensions: TASKS });
    expect(asked.result).toMatchObject({ resultType: "complete", status: "input_required", inputRequests: { go: {} } });
    const inputResponses = { go: { action: "accept", content: {} } };
    const updated = await rawRequest(url, "tasks/update", { params: { taskId, inputResponses }, extensions: TASKS });
    expect(updated.result).toMatchObject({ resultType: "complete" });
    const done = await rawRequest(url, "tasks/get", { params: { taskId }, extensions: TASKS });
    expect(done.result).toMatchObject({ status: "completed", result: { content: [{ text: "yes" }] } });
  });

  test("is nobody else's, cannot be guessed, and needs the extension", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const taskId = await begin(url);
    for (const [id, principal] of [
      [taskId, "acme/eve"],
      [taskId, "other/me"],
      ["t1.AAAAAAAAAAAAAAAAAAAAAA", "acme/me"],
      ["t1", "acme/me"],
    ] as const) {
      const { error } = await rawRequest(url, "tasks/get", { params: { taskId: id }, extensions: TASKS, principal });
      expect(error, id).toMatchObject({ code: -32_602 });
    }
    expect((await rawRequest(url, "tasks/get", { params: { taskId } })).error).toMatchObject({ code: -32_021 });
    await rawRequest(url, "tasks/cancel", { params: { taskId }, extensions: TASKS });
    const { result } = await rawRequest(url, "tasks/get", { params: { taskId }, extensions: TASKS });
    expect(result).toMatchObject({ status: "cancelled" });
  });
});

describe("an argument that travels in a header as well", () => {
  const said = (text: string): string => `=?base64?${Buffer.from(text).toString("base64")}?=`;
  test.each([
    ["is sent as it is", "eu", { "mcp-param-region": "eu" }, "route"],
    ["is sent encoded", "Süd", { "mcp-param-region": said("Süd") }, "route"],
    ["is missing there", "eu", {}, -32_020],
    ["is another one there", "eu", { "mcp-param-region": "us" }, -32_020],
    ["is no base64 there", "Süd", { "mcp-param-region": "=?base64?U!!d?=" }, -32_020],
    ["is absent in both", undefined, {}, "route"],
  ])("%s", async (_title, region, headers, expected) => {
    const { url } = await servedEndpoint(new FixtureService());
    const params = { name: "route", arguments: region === undefined ? {} : { region } };
    const { error, result } = await rawRequest(url, "tools/call", { params, headers });
    const content = result?.["content"] as { text: string }[] | undefined;
    expect(error?.code ?? content?.[0]?.text).toBe(expected);
  });

  test("is sent by a client that has listed the tools", async () => {
    const { url } = await servedEndpoint(new FixtureService());
    const client = await servedClient(url, { era: "2026-07-28" });
    await client.listTools();
    expect((await client.callTool({ name: "route", arguments: { region: "Süd" } })).isError).not.toBe(true);
  });
});

test("a request for another host or from a foreign web site is refused", async () => {
  const { url } = await servedEndpoint(new FixtureService());
  const { port } = new URL(url);
  const asked = (headers: Record<string, string>) =>
    fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: "{}" });
  expect((await asked({ origin: "https://evil.example" })).status).toBe(403);
  expect((await asked({ origin: `http://localhost:${port}` })).status).not.toBe(403);
  expect((await asked({ "content-length": "2" })).status).not.toBe(403);
});

test("a body that is too large is refused", async () => {
  const { url } = await servedEndpoint(new FixtureService(), { bodyBytesMax: 1_000 });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { filler: "x".repeat(2_000) } });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(response.status).toBe(413);
});
