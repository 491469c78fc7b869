/** Handed to whatever is under way when a run is cancelled, as the reason of its abort signal. */
import { type ErrorRecord, MeshError } from "@agentmesh/core";

export class CallCancelledError extends MeshError {
  constructor() {
    super({ code: "AM_CANCELLED", message: "The run was cancelled.", hint: "Nothing to do.", facts: {} });
  }
}

/** The run ends by itself: its time is over. */
export class RunStoppedError extends MeshError {
  constructor({ code, message, hint, facts }: ErrorRecord) {
    super({ code, message, hint, facts });
  }
}

/** A cancelled call went on beyond its grace period and was given up. */
export class CallAbandonedError extends MeshError {
  constructor(call: string, graceMs: number) {
    super({
      code: "AM_CALL_ABANDONED",
      message: `"${call}" did not stop within ${graceMs} ms of being cancelled, and was given up.`,
      hint: "Its effect may still happen. Look at the server behind it.",
      facts: { call, graceMs },
    });
  }
}
