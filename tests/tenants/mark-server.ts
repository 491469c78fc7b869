/** An MCP server over stdio: says again what it is told, at once or after a while, and its own name, which is its argument. */
import { setTimeout as sleep } from "node:timers/promises";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const HOLD_MS = 10_000;
const [place = ""] = process.argv.slice(2);
const inputSchema = z.object({ mark: z.string() });
const outputSchema = z.object({ mark: z.string(), place: z.string() });
const annotations = { readOnlyHint: true, openWorldHint: false };

const said = ({ mark }: { readonly mark: string }) => ({ content: [], structuredContent: { mark, place } });

function server(): McpServer {
  const made = new McpServer({ name: place, version: "1.0.0" });
  made.registerTool("echo", { inputSchema, outputSchema, annotations }, (args) => said(args));
  made.registerTool("hold", { inputSchema, outputSchema, annotations }, async (args, { mcpReq }) => {
    await sleep(HOLD_MS, undefined, { signal: mcpReq.signal }).catch(() => undefined); // told to stop
    return said(args);
  });
  return made;
}

serveStdio(server);
