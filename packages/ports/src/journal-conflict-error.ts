/** Somebody else has appended to the run: this process no longer owns it. */
import { MeshError } from "@agentmesh/core";

export class JournalConflictError extends MeshError {
  constructor(run: string, seq: number) {
    super({
      code: "AM_JOURNAL_CONFLICT",
      message: `Event ${seq} of run ${run} is in the store already: another process drives the run.`,
      hint: "Let the other process finish, or stop it.",
      facts: { run, seq },
    });
  }
}
