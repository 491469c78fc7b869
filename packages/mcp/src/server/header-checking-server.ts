/**
 * The SDK's server, for one request over HTTP. Before a tool is called, the SDK compares the headers `Mcp-Param-*` with the
 * arguments that they repeat (SEP-2243), for tools that are registered with it; ours are not, and are told of here.
 */
import { McpServer } from "@modelcontextprotocol/server";
import type { ServedTool } from "./mcp-service.ts";

export class HeaderCheckingServer extends McpServer {
  /** Those that the request may call. */
  callable: readonly ServedTool[] = [];

  override toolInputSchemaJson(name: string): Record<string, unknown> | undefined {
    return this.callable.find((tool) => tool.name === name)?.inputSchema;
  }
}
