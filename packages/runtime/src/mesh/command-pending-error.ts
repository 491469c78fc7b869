/** A command is stored, and the process that drives the run has not taken it in yet. */
import { MeshError } from "@agentmesh/core";

export class CommandPendingError extends MeshError {
  constructor(run: string, waitedMs: number) {
    super({
      code: "AM_COMMAND_PENDING",
      message: `The command is stored, but the process that drives ${run} has not taken it in within ${waitedMs} ms.`,
      hint: `It will be followed once that process goes on, or another resumes the run. Look at it with: agentmesh show ${run}`,
      facts: { run, waitedMs },
      retryable: true,
    });
  }
}
