/** Servers that do not get ready: what their operator reads, and that nothing else suffers. */
import { chmodSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { ServerStatus } from "@agentmesh/ports";
import { REQUEST_TAG_HEADER } from "../src/transport/bounded-fetch.ts";
import type { McpServerConfigInput } from "../src/index.ts";
import { httpEndpoint } from "./fixtures/http-servers.ts";
import { runningChildren } from "./fixtures/processes.ts";
import { failureOf, linesOf, LONG_MS, options, soon, stdioConfig, testFile, testSource } from "./fixtures/sources.ts";

/** Long enough for node to start and write on a busy machine, short enough to wait for. */
const START_TIMEOUT_MS = 4_000;

async function failedStart(config: McpServerConfigInput): Promise<NonNullable<ServerStatus["error"]>> {
  const source = testSource(config, "notes");
  const status = await source.connect(soon());
  expect(status).toMatchObject({ server: "notes", state: "failed", tools: 0 });
  await source.close();
  expect(runningChildren()).toEqual([]);
  if (status.error === undefined) throw new Error("a failed status has an error");
  return status.error;
}

describe("a stdio server", () => {
  test("whose command does not exist", async () => {
    expect(await failedStart({ command: "no-such-program-here" })).toMatchObject({
      name: "ServerStartError",
      code: "AM_SERVER_COMMAND_NOT_FOUND",
      message: 'Server "notes" cannot be started: the command "no-such-program-here" was not found.',
      hint: "Install it, or write its full path in mcpServers.notes.command.",
      facts: { server: "notes", command: "no-such-program-here" },
    });
  });

  test("whose working directory does not exist", async () => {
    const error = await failedStart(stdioConfig("well-behaved", [], { cwd: "/no/such/folder" }));
    expect(error.code).toBe("AM_SERVER_COMMAND_NOT_FOUND");
    expect(error.message).toBe(
      'Server "notes" cannot be started: its working directory "/no/such/folder" does not exist.',
    );
    expect(error.hint).toBe("Correct mcpServers.notes.cwd.");
  });

  test("whose command may not be run", async () => {
    const file = testFile("plain.txt");
    writeFileSync(file, "no program");
    chmodSync(file, 0o600);
    const error = await failedStart({ command: file });
    expect(error.code).toBe("AM_SERVER_COMMAND_REFUSED");
    expect(error.message).toContain("EACCES");
  });

  test("that exits says why, in its own last words", async () => {
    const error = await failedStart(stdioConfig("misbehaving", ["exit"]));
    expect(error).toMatchObject({
      code: "AM_SERVER_EXITED",
      message: 'Server "notes" exited with code 3 before it was ready, saying "Error: set API_TOKEN first".',
      hint: "Run its command in a terminal to see why; its arguments or an environment variable may be missing.",
      facts: { exitCode: 3, signal: null, stderr: ["Error: set API_TOKEN first"] },
      retryable: true,
    });
  });

  test("that hangs is given up in time", async () => {
    const error = await failedStart(stdioConfig("misbehaving", ["hang"], { startTimeoutMs: START_TIMEOUT_MS }));
    expect(error).toMatchObject({
      code: "AM_SERVER_START_TIMEOUT",
      message: 'Server "notes" was not ready within 4000 ms, saying "still loading the model".',
      hint: "If it only is slow to start, raise mcpServers.notes.startTimeoutMs.",
    });
  });

  test("that speaks prose instead of MCP", async () => {
    const error = await failedStart(stdioConfig("misbehaving", ["prose"], { startTimeoutMs: START_TIMEOUT_MS }));
    expect(error).toMatchObject({
      code: "AM_SERVER_GARBAGE",
      message: 'Server "notes" writes what is not MCP to its standard output, first "Welcome to the server!".',
      hint: "A stdio server may print nothing but protocol messages there: make it log to standard error.",
      facts: { lines: 2, samples: ["Welcome to the server!", "{ not json"] },
    });
  });

  test("that floods its output is given up before its time is over", async () => {
    const error = await failedStart(stdioConfig("misbehaving", ["flood"], { startTimeoutMs: LONG_MS }));
    expect(error).toMatchObject({
      code: "AM_SERVER_GARBAGE",
      facts: { samples: ["lorem ipsum", "lorem ipsum", "lorem ipsum"] },
    });
  });

  test("that answers nonsense", async () => {
    const error = await failedStart(stdioConfig("misbehaving", ["nonsense"]));
    expect(error.code).toBe("AM_SERVER_PROTOCOL");
    expect(error.message).toContain(
      "does not answer as MCP says: Invalid result for initialize: protocolVersion: Invalid input: expected string",
    );
    expect(error.hint).toBe("Is it an MCP server, and a current version?");
  });

  test("that lists tools without end", async () => {
    const error = await failedStart(stdioConfig("misbehaving", ["endless"]));
    expect(error.message).toBe('Server "notes" does not answer as MCP says: its list of tools has no end.');
  });

  test("that is not waited for", async () => {
    const source = testSource(stdioConfig("misbehaving", ["hang"]), "notes");
    const controller = new AbortController();
    const connecting = source.connect(controller.signal);
    controller.abort();
    expect((await connecting).error).toMatchObject({
      code: "AM_SERVER_START_CANCELLED",
      message: 'Server "notes" was not waited for.',
      retryable: true,
    });
    await source.close();
    expect(runningChildren()).toEqual([]);
  });

  test("that is closed while it starts leaves nothing behind", async () => {
    const source = testSource(stdioConfig("misbehaving", ["hang"]));
    const connecting = source.connect(soon());
    await sleep(100);
    await source.close();
    expect((await connecting).state).toBe("closed");
    expect(runningChildren()).toEqual([]);
  });
});

describe("a stdio server is ready all the same", () => {
  test("when it has no tools", async () => {
    const source = testSource(stdioConfig("misbehaving", ["toolless"]));
    expect(await source.connect(soon())).toMatchObject({ state: "ready", tools: 0 });
  });

  test("when it greets on the protocol's stream", async () => {
    const source = testSource(stdioConfig("well-behaved", [], { env: { NOISE: "Server started!" } }));
    expect(await source.connect(soon())).toMatchObject({ state: "ready" });
  });

  test("when it does not know the newer era that is asked for first", async () => {
    const source = testSource(stdioConfig("misbehaving", ["toolless"], { protocol: "auto" }));
    expect(await source.connect(soon())).toMatchObject({ state: "ready", protocolVersion: "2025-11-25" });
  });

  test("when it leaves on being asked for the newer era", async () => {
    const source = testSource(stdioConfig("misbehaving", ["touchy"], { protocol: "auto" }));
    expect(await source.connect(soon())).toMatchObject({ state: "ready", protocolVersion: "2025-11-25" });
  });
});

test("a call to a server that does not start is refused, with the reason and the way out", async () => {
  const source = testSource({ command: "no-such-program-here" }, "notes");
  expect(await failureOf(source.call("any", {}, options()))).toMatchObject({
    code: "AM_TOOL_UNAVAILABLE",
    outcome: "refused",
    message:
      '"notes.any" was not called: Server "notes" cannot be started: the command "no-such-program-here" was not found.',
    hint: "Install it, or write its full path in mcpServers.notes.command.",
    facts: { server: "notes", tool: "any", reason: "AM_SERVER_COMMAND_NOT_FOUND" },
  });
});

test("a server sees the variables of its configuration and none of ours", async () => {
  const file = testFile("environment.json");
  process.env["AGENTMESH_TEST_SECRET"] = "hunter2";
  const env = { GREETING: "hello" };
  await testSource(stdioConfig("misbehaving", ["environment", file], { env })).connect(soon());
  const seen = JSON.parse(linesOf(file).join("")) as Record<string, string>;
  expect(seen["GREETING"]).toBe("hello");
  expect(seen["PATH"]).toBe(process.env["PATH"]);
  expect(seen).not.toHaveProperty("AGENTMESH_TEST_SECRET");
});

describe("an HTTP server", () => {
  test("that is not there", async () => {
    const gone = await httpEndpoint((_request, response) => void response.end());
    await gone.stop();
    expect(await failedStart({ url: `${gone.url}?token=secret` })).toMatchObject({
      code: "AM_SERVER_UNREACHABLE",
      message: `Server "notes" cannot be reached at ${gone.url}: the connection was refused.`,
      hint: "Is it running, and is mcpServers.notes.url right?",
      retryable: true,
    });
  });

  test.each([
    [401, "AM_SERVER_UNAUTHORISED", "asks for credentials", "mcpServers.notes.auth.bearer", false],
    [403, "AM_SERVER_UNAUTHORISED", "asks for credentials", "mcpServers.notes.auth.bearer", false],
    [404, "AM_SERVER_HTTP_STATUS", "answered HTTP 404", "It often ends in /mcp.", false],
    [503, "AM_SERVER_HTTP_STATUS", "answered HTTP 503", "The server itself is in trouble", true],
  ])("that answers %i", async (status, code, says, hint, retryable) => {
    const { url } = await httpEndpoint((_request, response) => void response.writeHead(status).end("no"));
    const error = await failedStart({ url });
    expect(error).toMatchObject({ code, retryable, facts: { url, status } });
    expect(error.message).toContain(says);
    expect(error.hint).toContain(hint);
  });

  test("that refuses the token it is given", async () => {
    const seen: unknown[] = [];
    const { url } = await httpEndpoint((request, response) => {
      seen.push(request.headers.authorization, request.headers["x-team"], request.headers[REQUEST_TAG_HEADER]);
      response.writeHead(401).end();
    });
    const error = await failedStart({ url, auth: { bearer: "t0ken" }, headers: { "X-Team": "blue" } });
    expect(seen.slice(0, 3)).toEqual(["Bearer t0ken", "blue", undefined]);
    expect(error.message).toBe(`Server "notes" refused the credentials at ${url} (HTTP 401).`);
    expect(JSON.stringify(error)).not.toContain("t0ken");
  });

  test("that is a web site", async () => {
    const { url } = await httpEndpoint((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<h1>Hello</h1>");
    });
    expect(await failedStart({ url })).toMatchObject({ code: "AM_SERVER_PROTOCOL" });
  });

  test("that takes the connection and says nothing", async () => {
    const { url } = await httpEndpoint(() => {});
    const error = await failedStart({ url, startTimeoutMs: 500 });
    expect(error.message).toBe('Server "notes" was not ready within 500 ms.');
  });

  test("that speaks another protocol", async () => {
    const server = createTcpServer((socket) => socket.end("220 mail.example.org ESMTP\r\n"));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    try {
      const error = await failedStart({ url: `http://127.0.0.1:${port}/mcp` });
      expect(error.code).toBe("AM_SERVER_PROTOCOL");
      expect(error.message).toContain("Parse Error: Expected HTTP/");
    } finally {
      server.close();
    }
  });
});
