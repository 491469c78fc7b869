/** Everything that waits for an approval was to be answered, and nothing does. */
import { MeshError, type PublicRunStatus } from "@agentmesh/core";

export class NothingWaitsError extends MeshError {
  constructor(run: string, status: PublicRunStatus) {
    super({
      code: "AM_NOT_WAITING",
      message: `Nothing of ${run} waits for an approval: the run is ${status}.`,
      hint: `Look at it with: agentmesh show ${run}`,
      facts: { run, status },
    });
  }
}
