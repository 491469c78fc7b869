/** The name of a server in the configuration: the part of every tool id before the first dot. */
import { MESH_SERVER } from "@agentmesh/core";
import { ServerNameError } from "./server-name-error.ts";

const SERVER_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Returns the name unchanged. Throws ServerNameError when a plan could not address its tools. */
export function requireServerName(name: string): string {
  if (!SERVER_NAME.test(name)) throw new ServerNameError(name, "malformed");
  if (name === MESH_SERVER) throw new ServerNameError(name, "reserved");
  return name;
}

/**
 * `server.tool`. A server name holds no dot, so the tool's own name is everything after the first one, verbatim,
 * whatever characters it has.
 */
export function toolId(server: string, tool: string): string {
  return `${server}.${tool}`;
}
