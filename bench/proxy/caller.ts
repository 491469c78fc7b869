/** Two ways to call one tool: the SDK's client as its documentation has it, and the proxy that a mesh calls. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { McpServerConfig, McpToolProxy, McpToolSource } from "@agentmesh/mcp";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

export const TRANSPORTS = ["stdio", "http-legacy", "http-modern"] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Caller {
  /** Throws RangeError when the text does not come back. */
  readonly call: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Of util-linux. */
const SETSID = "/usr/bin/setsid";
const SERVER = join(import.meta.dirname, "echo-server.ts");

function assertSame(value: unknown, text: string): void {
  const said = typeof value === "object" && value !== null && "text" in value ? value.text : undefined;
  if (said !== text) throw new RangeError(`${JSON.stringify(value)} came back`);
}

/**
 * As our servers run, since only so all of their processes can be ended. A busy Linux gives each session a share of its own
 * (autogroup), and a wake-up across sessions then takes longer: a matter of how a server is started, not of a call.
 */
function inOwnSession([command = "", ...args]: readonly string[]): {
  readonly command: string;
  readonly args: string[];
} {
  return existsSync(SETSID) ? { command: SETSID, args: [command, ...args] } : { command, args };
}

/** Over HTTP each caller has a server of its own too: none finds the other's work in its way. */
async function startHttp(transport: Transport): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const child = spawn(process.execPath, [SERVER, transport], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await once(child, "close");
  };
  return { url: line.toString().trim(), stop };
}

export async function rawCaller(transport: Transport): Promise<Caller> {
  const http = transport === "stdio" ? undefined : await startHttp(transport);
  const client = new Client(
    { name: "raw", version: "1.0.0" },
    { versionNegotiation: { mode: transport === "http-modern" ? { pin: "2026-07-28" } : "legacy" } },
  );
  await client.connect(
    http === undefined
      ? new StdioClientTransport(inOwnSession([process.execPath, SERVER, transport]))
      : new StreamableHTTPClientTransport(new URL(http.url)),
  );
  // Then it checks the results against the output schema, as ours are.
  await client.listTools();
  return {
    call: async (text) => {
      const { structuredContent } = await client.callTool({ name: "echo", arguments: { text } });
      assertSame(structuredContent, text);
    },
    close: async () => {
      await client.close();
      await http?.stop();
    },
  };
}

export async function proxyCaller(transport: Transport): Promise<Caller> {
  const http = transport === "stdio" ? undefined : await startHttp(transport);
  const input = http === undefined ? { command: process.execPath, args: [SERVER, transport] } : { url: http.url };
  const config = McpServerConfig.parse({ ...input, protocol: transport === "http-modern" ? "modern" : "legacy" });
  const source = new McpToolSource({ server: "echo", config });
  await source.connect(new AbortController().signal);
  const [spec] = source.tools();
  if (spec === undefined) throw new RangeError(source.status().error?.message ?? "no tool");
  const proxy = new McpToolProxy(spec, source);
  // One run has one signal.
  const { signal } = new AbortController();
  let calls = 0;
  return {
    call: async (text) => {
      const { value } = await proxy.call({ text }, { signal, idempotencyKey: `run/task/${++calls}` });
      assertSame(value, text);
    },
    close: async () => {
      await source.close();
      await http?.stop();
    },
  };
}
