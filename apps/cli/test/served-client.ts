/** Clients of both eras, connected to `agentmesh mcp` and `agentmesh serve` in a folder. */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { onTestFinished } from "vitest";
import { type Folder, LAUNCHER } from "./command.ts";

export type Era = "2025-11-25" | "2026-07-28";
export type Transport = "stdio" | "HTTP";

export const ERAS: readonly Era[] = ["2025-11-25", "2026-07-28"];
export const WAYS = ERAS.flatMap((era) => (["stdio", "HTTP"] as const).map((transport) => [era, transport] as const));
const INFO = { name: "test", version: "1.0.0" };

export function clientOf(era: Era, canAsk = false): Client {
  const mode = era === "2025-11-25" ? ("legacy" as const) : { pin: era };
  const capabilities = canAsk ? { elicitation: { form: {}, url: {} } } : {};
  return new Client(INFO, { versionNegotiation: { mode }, capabilities });
}

export interface Connected {
  readonly client: Client;
  /** Of the server, where this test started it for itself. */
  readonly pid: () => number;
}

export async function connect(
  folder: Folder,
  transport: Transport,
  { era, canAsk = false }: { era: Era; canAsk?: boolean },
): Promise<Connected> {
  const client = clientOf(era, canAsk);
  onTestFinished(() => client.close());
  if (transport === "HTTP") {
    await client.connect(new StreamableHTTPClientTransport(new URL(await serving(folder))));
    return { client, pid: () => 0 };
  }
  const stdio = new StdioClientTransport({
    command: process.execPath,
    args: [LAUNCHER, "mcp"],
    cwd: folder.path,
    env: folder.environment as Record<string, string>,
  });
  await client.connect(stdio);
  return { client, pid: () => stdio.pid ?? 0 };
}

/** The address of a server in this folder. */
async function serving(folder: Folder): Promise<string> {
  const server = folder.start("serve", "--port", "0");
  onTestFinished(async () => {
    server.interrupt();
    await server.ended;
  });
  return (await server.says(/MCP at (\S+\/mcp)/))[1] ?? "";
}
