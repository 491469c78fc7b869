/**
 * An MCP server over stdio with one tool, `charge`, that is not safe to repeat: `node doubt-server.ts SOCKET`. It tells the
 * ledger of each charge, and then, as the call asks, answers, never answers, or dies.
 */
import { type CallToolResult, McpServer, type Tool } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { LedgerClient } from "./ledger-client.ts";

const [socketPath = ""] = process.argv.slice(2);
const ledger = await LedgerClient.open(socketPath);
process.stdin.once("end", () => process.exit()); // its host is gone
const inputSchema: Tool["inputSchema"] = { type: "object" };

serveStdio(() => {
  const mcp = new McpServer({ name: "bank", version: "1.0.0" }, { capabilities: { tools: {} } });
  mcp.server.setRequestHandler("tools/list", () => ({ tools: [{ name: "charge", inputSchema }] }));
  mcp.server.setRequestHandler("tools/call", async ({ params }): Promise<CallToolResult> => {
    const key = String(params._meta?.["agentmesh/idempotencyKey"]);
    const [run = "", task = ""] = key.split(":");
    await ledger.record({ run, task, key, tool: params.name, output: null });
    const after = params.arguments?.["after"];
    if (after === "die") process.exit(1);
    if (after === "hang") await new Promise(() => undefined);
    return { content: [{ type: "text", text: "charged" }] };
  });
  return mcp;
});
