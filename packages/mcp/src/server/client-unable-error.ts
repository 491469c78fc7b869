/** Serving this needs something that the client has not said it can do. Code AM_CLIENT_UNABLE. */
import { MeshError } from "@agentmesh/core";

export class ClientUnableError extends MeshError {
  /** As MCP names it among a client's capabilities; `tasks` is an extension. */
  readonly capability: "elicitation" | "sampling" | "roots" | "tasks";

  constructor(name: string, capability: ClientUnableError["capability"]) {
    super({
      code: "AM_CLIENT_UNABLE",
      message: `"${name}" needs a client that can do ${capability}.`,
      hint: `Declare the capability "${capability}" with the request, or use another tool.`,
      facts: { name, capability },
    });
    this.capability = capability;
  }
}
