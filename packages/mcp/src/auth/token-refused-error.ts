/** A caller's token was not accepted. Code AM_TOKEN_REFUSED. Holds nothing of the token. */
import { MeshError } from "@agentmesh/core";

/**
 * `missing`: none was shown. `malformed`: what was shown is no token. `unsupported`: signed or marked in a way that is
 * not accepted. `key`: no key of its issuer fits it. `signature`: not what the issuer signed. `issuer`, `audience`,
 * `expired`, `early`, `claims`: it says something that does not let it in. `unavailable`: its issuer cannot be asked.
 */
export type TokenFault =
  | "missing"
  | "malformed"
  | "unsupported"
  | "key"
  | "signature"
  | "issuer"
  | "audience"
  | "expired"
  | "early"
  | "claims"
  | "unavailable";

const SAYS: Readonly<Record<TokenFault, string>> = {
  missing: "No token was shown",
  malformed: "What was shown is not one bearer token in one Authorization header",
  unsupported: "The token is signed or marked in a way that is not accepted",
  key: "The token is signed with a key that its issuer does not publish",
  signature: "The signature of the token is wrong",
  issuer: "The token is of an issuer that is not believed here",
  audience: "The token is for another server",
  expired: "The token has expired",
  early: "The token is not valid yet",
  claims: "The token lacks a claim that it needs, or has one of a wrong form",
  unavailable: "The issuer's keys cannot be had now",
};

export class TokenRefusedError extends MeshError {
  readonly fault: TokenFault;

  constructor(fault: TokenFault, cause?: unknown) {
    super({
      code: "AM_TOKEN_REFUSED",
      message: `${SAYS[fault]}.`,
      hint: "Ask the authorization server for a token for this server, and show it in the Authorization header.",
      facts: { fault },
      retryable: fault === "unavailable",
      cause,
    });
    this.fault = fault;
  }
}
