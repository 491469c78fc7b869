/** A run cannot be forked as it was asked for: found before anything starts. */
import { MeshError } from "../mesh-error.ts";
import { suggestion } from "../nearest-names.ts";

/** No plan of it was ever accepted: there is nothing to take over and nothing to run. */
export class ForkPlanMissingError extends MeshError {
  constructor(run: string) {
    super({
      code: "AM_FORK_NO_PLAN",
      message: `No plan of ${run} was ever accepted: there is nothing to fork.`,
      hint: `See why with: agentmesh show ${run}. Then start a new run.`,
      facts: { run },
    });
  }
}

/** The run has no task of that name. */
export class ForkTaskUnknownError extends MeshError {
  constructor(run: string, task: string, known: readonly string[]) {
    super({
      code: "AM_UNKNOWN_TASK",
      message: `${run} has no task "${task}" to fork from.`,
      hint: suggestion(task, known),
      facts: { run, task, known: known.slice(0, 50) },
    });
  }
}

/** The task never ran: from it there is nothing to run again. */
export class ForkTaskNeverRanError extends MeshError {
  /** `status`: how it stands. `before`: the nearest tasks before it that did run. */
  constructor(
    run: string,
    task: string,
    { status, before }: { readonly status: string; readonly before: readonly string[] },
  ) {
    const others = before.map((name) => `--from ${name}`).join(" or ");
    super({
      code: "AM_FORK_TASK_NEVER_RAN",
      message: `"${task}" never ran in ${run}: it is ${status}.`,
      hint:
        others === ""
          ? "A fork runs what never finished in any case: leave --from out."
          : `A fork runs what never finished in any case. To run again what it stands on: ${others}`,
      facts: { run, task, status, before },
    });
  }
}
