/** Every connection that a server may have is in use by somebody else. Code AM_SERVER_FULL. */
import { MeshError } from "@agentmesh/core";

export class ServerFullError extends MeshError {
  constructor(server: string, connectionsMax: number) {
    super({
      code: "AM_SERVER_FULL",
      message: `All ${connectionsMax} connections of server "${server}" are in use.`,
      hint: `Wait for another run to end, or raise mcpServers.${server}.connectionsMax.`,
      facts: { server, connectionsMax },
      retryable: true,
    });
  }
}
