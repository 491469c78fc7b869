/** A command that the run cannot follow: it is over, nothing waits for it, or its values do not fit. Nothing was changed. */
import { type ErrorRecord, MeshError } from "@agentmesh/core";

export class CommandRefusedError extends MeshError {
  constructor({ code, message, hint, facts }: ErrorRecord) {
    super({ code, message, hint, facts });
  }
}
