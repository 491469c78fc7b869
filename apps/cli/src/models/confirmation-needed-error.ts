/** Something large would be fetched, and nobody is there to agree. */
import { MeshError } from "@agentmesh/core";

export class ConfirmationNeededError extends MeshError {
  /** `what`: what would be fetched, with its size and terms. */
  constructor(what: string) {
    super({
      code: "AM_CONFIRMATION_NEEDED",
      message: `This would fetch ${what}, and nobody has agreed to it.`,
      hint: "Agree with --yes.",
      facts: { what },
    });
  }
}
