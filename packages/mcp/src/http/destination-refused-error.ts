/** A connection that was not made, since its destination may not be reached from here. Code AM_DESTINATION_REFUSED. */
import { MeshError } from "@agentmesh/core";

export interface RefusedDestination {
  /** Scheme, host and port; nothing that could be secret. */
  readonly origin: string;
  /** Continues `Not connected to x: `, without the full stop. */
  readonly why: string;
  readonly hint: string;
}

export class DestinationRefusedError extends MeshError {
  constructor({ origin, why, hint }: RefusedDestination) {
    super({
      code: "AM_DESTINATION_REFUSED",
      message: `Not connected to ${origin}: ${why}.`,
      hint,
      facts: { origin, why },
      retryable: false,
    });
  }
}
