/**
 * `node echo-server.ts stdio|http-legacy|http-modern`: the server that both sides call, built with the SDK alone. Its tool
 * gives back its text, checked against a schema. Over HTTP it prints its URL, and ends with its standard input.
 */
import { randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, McpServer, type Tool } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const schema: Tool["inputSchema"] = {
  type: "object",
  properties: { text: { type: "string" } },
  required: ["text"],
};
const TOOLS: Tool[] = [{ name: "echo", description: "Gives back.", inputSchema: schema, outputSchema: schema }];

function echoServer(): McpServer {
  const server = new McpServer({ name: "echo", version: "1.0.0" }, { capabilities: { tools: {} } });
  server.server.setRequestHandler("tools/list", () => ({ tools: TOOLS }));
  server.server.setRequestHandler("tools/call", ({ params }) => {
    const text = String(params.arguments?.["text"]);
    return { content: [{ type: "text", text }], structuredContent: { text } };
  });
  return server;
}

function legacyListener(): RequestListener {
  const transports = new Map<string, NodeStreamableHTTPServerTransport>();
  return (request, response) => {
    const known = transports.get(String(request.headers["mcp-session-id"]));
    if (known !== undefined) {
      void known.handleRequest(request, response);
      return;
    }
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => void transports.set(session, transport),
    });
    void echoServer()
      .connect(transport)
      .then(() => transport.handleRequest(request, response));
  };
}

function serveHttp(listener: RequestListener): void {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp\n`);
  });
  process.stdin.on("end", () => process.exit(0)).resume();
}

const transport = process.argv[2];
if (transport === "stdio") serveStdio(echoServer);
else if (transport === "http-legacy") serveHttp(legacyListener());
else serveHttp(toNodeHandler(createMcpHandler(echoServer, { legacy: "reject" })) as RequestListener);
