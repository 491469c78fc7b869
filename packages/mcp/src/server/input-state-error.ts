/** The answers to a question do not belong to this call: it was asked with other arguments, or has been answered before. */
import { type JsonObject, MeshError } from "@agentmesh/core";

export class InputStateError extends MeshError {
  constructor(reason: "other_arguments" | "already_answered", facts: JsonObject = {}) {
    super({
      code: "AM_INPUT_STATE",
      message:
        reason === "other_arguments"
          ? "The answers belong to a call with other arguments."
          : "What was asked for has been answered before, or nobody waits for it any more.",
      hint: "Make the call again without requestState.",
      facts: { reason, ...facts },
    });
  }
}
