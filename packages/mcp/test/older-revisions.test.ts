/** Servers of every older revision of the protocol, over stdio, streamable HTTP and the HTTP+SSE of before. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { httpEndpoint } from "./fixtures/http-servers.ts";
import { initialized } from "./fixtures/raw-server.ts";
import { failureOf, LONG_MS, options, soon, stdioConfig, testSource } from "./fixtures/sources.ts";

interface Asked {
  readonly id?: number;
  readonly method: string;
  readonly params?: object;
}

function answerOf({ method, params }: Asked, revision: string): object {
  if (method === "initialize") return initialized({ tools: {} }, revision);
  if (method === "tools/list") return { tools: [{ name: "any", inputSchema: { type: "object" } }] };
  return { content: [{ type: "text", text: JSON.stringify(params) }] };
}

describe.each(["2025-06-18", "2025-03-26", "2024-11-05"])("a server of %s", (revision) => {
  test.each(["legacy", "auto"] as const)("over stdio, found by %s", async (protocol) => {
    const source = testSource(stdioConfig("misbehaving", ["old", revision], { protocol }));
    expect(await source.connect(soon())).toMatchObject({ state: "ready", protocolVersion: revision });
    const { value } = await source.call("any", { a: 1 }, options());
    expect((value as { text: string }).text).toContain('"a":1');
  });

  test("over streamable HTTP", async () => {
    const versions = new Set<unknown>();
    const { url } = await httpEndpoint(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      if (request.method !== "POST") return void response.writeHead(405).end();
      const asked = JSON.parse(body) as Asked;
      if (asked.method === "server/discover") return void response.writeHead(400).end("Bad Request: no session");
      if (asked.method === "tools/call") versions.add(request.headers["mcp-protocol-version"]);
      if (asked.id === undefined) return void response.writeHead(202).end();
      const answer = { jsonrpc: "2.0", id: asked.id, result: answerOf(asked, revision) };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
    const source = testSource({ url });
    expect(await source.connect(soon())).toMatchObject({ state: "ready", protocolVersion: revision });
    expect(await source.call("any", {}, options())).toMatchObject({ isChecked: false });
    expect(versions).toEqual(new Set([revision]));
  });
});

describe("the reference server over HTTP+SSE", () => {
  async function everything(): Promise<{ readonly url: string; readonly end: () => Promise<void> }> {
    const port = await freePort();
    const { resolve } = createRequire(import.meta.url);
    const folder = dirname(resolve("@modelcontextprotocol/server-everything/package.json"));
    const child = spawn(process.execPath, [join(folder, "dist", "index.js"), "sse"], {
      env: { ...process.env, PORT: String(port) },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const end = async (): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    };
    onTestFinished(end);
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/nothing`)).status).toBe(404), 30_000);
    return { url: `http://127.0.0.1:${port}/sse`, end };
  }

  test("works as over any other transport", async () => {
    const { url } = await everything();
    const source = testSource({ type: "sse", url, outputBytesMax: 2_000 }, "everything");
    expect(await source.connect(soon())).toMatchObject({ state: "ready", transport: "http" });
    expect(await source.call("echo", { message: "hi" }, options())).toMatchObject({ value: { text: "Echo: hi" } });
    const onProgress = vi.fn();
    await source.call("trigger-long-running-operation", { duration: 1, steps: 4 }, options({ onProgress }));
    expect(onProgress).toHaveBeenCalledWith({ progress: 1, total: 4 });
    const error = await failureOf(source.call("echo", { message: "x".repeat(3_000) }, options()));
    expect(error.code).toBe("AM_TOOL_OUTPUT_TOO_LARGE");
  });

  test("leaves a call in doubt when it dies", async () => {
    const { url, end } = await everything();
    const source = testSource({ type: "sse", url }, "everything");
    await source.connect(soon());
    const onProgress = vi.fn();
    const call = failureOf(
      source.call(
        "trigger-long-running-operation",
        { duration: 60, steps: 600 },
        options({ onProgress, timeoutMs: LONG_MS }),
      ),
    );
    await vi.waitFor(() => expect(onProgress).toHaveBeenCalled(), 30_000);
    await end();
    expect(await call).toMatchObject({ code: "AM_TOOL_DISCONNECTED", outcome: "unknown" });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
