/** What was to be appended is not the run's next event, or this opening of the store does not own the run. */
import { MeshError } from "@agentmesh/core";

/** `not-held`: never claimed, or released. `taken`: another has claimed it since. `not-next`: the number is stored already, or leaves a gap. */
export type JournalConflictReason = "not-held" | "taken" | "not-next";

const EXPLANATIONS: Readonly<Record<JournalConflictReason, string>> = {
  "not-held": "this process does not own the run",
  taken: "another process has taken the run over",
  "not-next": "it is not the run's next event",
};

export class JournalConflictError extends MeshError {
  constructor(run: string, seq: number, reason: JournalConflictReason = "not-next") {
    super({
      code: "AM_JOURNAL_CONFLICT",
      message: `Event ${seq} of run ${run} cannot be appended: ${EXPLANATIONS[reason]}.`,
      hint: "Let the process that drives the run finish, or stop it and resume the run.",
      facts: { run, seq, reason },
    });
  }
}
