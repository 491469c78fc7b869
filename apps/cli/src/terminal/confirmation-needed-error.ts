/** Something would happen that a person must agree to, and nobody is there to do so. */
import { MeshError } from "@agentmesh/core";

export class ConfirmationNeededError extends MeshError {
  /** `what`: what would happen, as a verb with its object: "fetch 200 MB". */
  constructor(what: string) {
    super({
      code: "AM_CONFIRMATION_NEEDED",
      message: `This would ${what}, and nobody has agreed to it.`,
      hint: "Agree with --yes.",
      facts: { what },
    });
  }
}
