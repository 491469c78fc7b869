/** The connection broke while a statement was under way: nobody knows how the statement ended. Whoever can tell, or may repeat it, does. */
import { StoreError } from "@agentmesh/ports";

export class ConnectionLostError extends StoreError {
  constructor(place: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super({
      code: "AM_STORE_UNAVAILABLE",
      message: `The connection to ${place} broke: ${reason}.`,
      hint: "Check that PostgreSQL runs and can be reached. What was stored before is kept.",
      facts: { place, cause: reason },
      retryable: true,
      cause,
    });
  }
}
