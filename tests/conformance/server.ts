/** The server that MCP's conformance suites test: our endpoint with their fixture behind it. Says its URL, and serves until it is stopped. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { McpEndpoint } from "@agentmesh/mcp/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { ConformanceService } from "./served/conformance-service.ts";

const endpoint = new McpEndpoint(new ConformanceService());
const principal = { tenant: "conformance", subject: "suite", scopes: [] };
const handle = toNodeHandler({ fetch: (request) => endpoint.fetch(request, principal) });
const server = createServer(handle as RequestListener);
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`http://localhost:${(server.address() as AddressInfo).port}/mcp\n`);
});
