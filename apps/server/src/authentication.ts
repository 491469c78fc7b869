/** Who asks. What verifies tokens is given from outside; without it, everybody who reaches the server is its user. */
import { MeshError } from "@agentmesh/core";
import type { Principal } from "@agentmesh/mcp/server";

/** Rejects with AuthenticationError for a request that nobody stands behind. */
export type Authenticate = (request: Request) => Promise<Principal>;

export interface Refusal {
  /** 401: nobody stands behind it; 403: whoever does may not. */
  readonly status: 401 | 403;
  readonly reason: string;
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string;
}

export class AuthenticationError extends MeshError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super({
      code: refusal.status === 401 ? "AM_UNAUTHENTICATED" : "AM_FORBIDDEN",
      message: refusal.reason,
      hint: "Send a token that was made for this server.",
      facts: { status: refusal.status },
    });
    this.refusal = refusal;
  }
}

export function refusalResponse({ refusal: { status, challenge }, message, code }: AuthenticationError): Response {
  const body = { jsonrpc: "2.0", id: null, error: { code: -32_000, message, data: { code } } };
  return Response.json(body, { status, headers: { "www-authenticate": challenge } });
}
