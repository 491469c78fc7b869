/** An MCP server over HTTP whose tools change while it runs, and which counts the calls that reach it. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import type { Json, JsonObject } from "@agentmesh/core";
import { createMcpHandler, McpServer, type Tool } from "@modelcontextprotocol/server";
import { sampleValue } from "./sample-value.ts";

type Handle = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface MutableServer extends AsyncDisposable {
  readonly url: string;
  /** Names of the tools whose calls have come in. */
  readonly calls: readonly string[];
  /** How often its tools were listed. */
  readonly lists: () => number;
  /** Lists these from now on, and tells whoever listens. `isSpaced`: as JSON with white space. */
  readonly serve: (tools: readonly Tool[], isSpaced?: boolean) => void;
}

export async function mutableServer(first: readonly Tool[]): Promise<MutableServer> {
  const calls: string[] = [];
  let tools = first;
  let isSpaced = false;
  let lists = 0;
  const handler = createMcpHandler(
    () => {
      const mcp = new McpServer({ name: "mutable", version: "1" }, { capabilities: { tools: { listChanged: true } } });
      const { server } = mcp;
      server.setRequestHandler("tools/list", () => {
        lists += 1;
        return { tools: [...tools], ttlMs: 0, cacheScope: "private" };
      });
      server.setRequestHandler("tools/call", ({ params }) => {
        calls.push(params.name);
        const schema = tools.find(({ name }) => name === params.name)?.outputSchema as Json | undefined;
        const structured = schema === undefined ? {} : { structuredContent: sampleValue(schema) as JsonObject };
        return { content: [{ type: "text", text: "called" }], ...structured };
      });
      return mcp;
    },
    { legacy: "reject" },
  );
  const answer = toNodeHandler({
    fetch: async (request, options) => spaced(await handler.fetch(request, options), isSpaced),
  }) as Handle;
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    calls,
    lists: () => lists,
    serve: (now, withSpace = false) => {
      [tools, isSpaced] = [now, withSpace];
      handler.notify.toolsChanged();
    },
    [Symbol.asyncDispose]: async () => {
      await handler.close();
      await stop(server);
    },
  };
}

async function stop(server: HttpServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

/** The same answer, laid out otherwise. */
async function spaced(response: Response, isSpaced: boolean): Promise<Response> {
  const { status, headers } = response;
  if (!isSpaced || headers.get("content-type")?.startsWith("application/json") !== true) return response;
  const text = JSON.stringify(await response.json(), null, 3).replaceAll("\n", "\r\n");
  headers.delete("content-length");
  return new Response(text, { status, headers });
}
