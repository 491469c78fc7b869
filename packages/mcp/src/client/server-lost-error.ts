/** A server that was ready went away by itself. Stands in its status until it is connected anew. Code AM_SERVER_LOST. */
import { MeshError } from "@agentmesh/core";

export class ServerLostError extends MeshError {
  /** `how` continues `Server "x" ...`, without the full stop. */
  constructor(server: string, how: string) {
    super({
      code: "AM_SERVER_LOST",
      message: `Server "${server}" ${how}.`,
      hint: "The next call of one of its tools connects it anew.",
      facts: { server, how },
      retryable: true,
    });
  }
}
