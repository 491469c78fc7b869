/** A server of the configuration cannot be signed in to. Holds no token, and nothing that the authorization server said. */
import { MeshError } from "@agentmesh/core";

/** NEEDED: a person has to sign in. FAILED: the authorization server refused, or is not the one that is meant. UNAVAILABLE: it cannot be asked now. */
export type SignInErrorCode = "AM_SIGN_IN_NEEDED" | "AM_SIGN_IN_FAILED" | "AM_SIGN_IN_UNAVAILABLE";

export interface SignInFailure {
  readonly code: SignInErrorCode;
  /** Of the server that is signed in to. */
  readonly origin: string;
  /** Continues `Not signed in to x: `, without the full stop. */
  readonly why: string;
  readonly hint: string;
  readonly cause?: unknown;
}

export class SignInError extends MeshError {
  declare readonly code: SignInErrorCode;

  constructor({ code, origin, why, hint, cause }: SignInFailure) {
    super({
      code,
      message: `Not signed in to ${origin}: ${why}.`,
      hint,
      facts: { origin, why },
      retryable: code === "AM_SIGN_IN_UNAVAILABLE",
      cause,
    });
  }
}
