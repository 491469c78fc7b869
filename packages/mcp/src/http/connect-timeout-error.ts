/** Nobody took the connection in time: nothing was sent. Code AM_CONNECT_TIMEOUT. */
import { MeshError } from "@agentmesh/core";

export class ConnectTimeoutError extends MeshError {
  constructor(origin: string, timeoutMs: number) {
    super({
      code: "AM_CONNECT_TIMEOUT",
      message: `No connection to ${origin} within ${timeoutMs} ms.`,
      hint: "Is it running, and reachable from here?",
      facts: { origin, timeoutMs },
      retryable: true,
    });
  }
}
