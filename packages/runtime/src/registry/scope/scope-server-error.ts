/** A domain or a tenant is to reach a server that does not exist: it would silently have fewer tools than was meant. */
import { MeshError, suggestion } from "@agentmesh/core";

export class ScopeServerError extends MeshError {
  constructor(scope: string, server: string, known: readonly string[]) {
    super({
      code: "AM_SCOPE_SERVER",
      message: `${scope} names the server "${server}", which there is not.`,
      hint: `${suggestion(server, known)} Write it under mcpServers, or take it out.`.trim(),
      facts: { scope, server, known: [...known] },
    });
  }
}
