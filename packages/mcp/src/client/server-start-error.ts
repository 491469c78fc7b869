/** Why a server of tools could not be made ready. Stands in its status; nothing else fails with it. */
import { MeshError, type MeshErrorOptions } from "@agentmesh/core";

/**
 * COMMAND_NOT_FOUND: no such program or working directory. COMMAND_REFUSED: the system would not run it. EXITED: it
 * ended before it was ready. START_TIMEOUT: it did not answer in time. GARBAGE: what it writes is not MCP. UNREACHABLE:
 * no connection to its address. UNAUTHORISED: HTTP 401 or 403. HTTP_STATUS: another HTTP error. PROTOCOL: it answered,
 * but not as MCP says. START_CANCELLED: the caller did not wait.
 */
export type ServerStartErrorCode =
  | "AM_SERVER_COMMAND_NOT_FOUND"
  | "AM_SERVER_COMMAND_REFUSED"
  | "AM_SERVER_EXITED"
  | "AM_SERVER_START_TIMEOUT"
  | "AM_SERVER_GARBAGE"
  | "AM_SERVER_UNREACHABLE"
  | "AM_SERVER_UNAUTHORISED"
  | "AM_SERVER_HTTP_STATUS"
  | "AM_SERVER_PROTOCOL"
  | "AM_SERVER_START_CANCELLED";

export interface ServerStartErrorOptions extends MeshErrorOptions {
  readonly code: ServerStartErrorCode;
  /** Its name in the configuration. */
  readonly server: string;
}

export class ServerStartError extends MeshError {
  declare readonly code: ServerStartErrorCode;
  readonly server: string;

  constructor(options: ServerStartErrorOptions) {
    super({ ...options, facts: { server: options.server, ...options.facts } });
    this.server = options.server;
  }
}
