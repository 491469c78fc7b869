/** A run that another mesh has asked for is not driven here any more, and not over: it is there when it is asked for again. */
import { MeshError } from "@agentmesh/core";

export class RunLeftError extends MeshError {
  constructor(run: string) {
    super({
      code: "AM_RUN_LEFT",
      message: `The run ${run} is not driven any more, since its mesh was closed.`,
      hint: `It goes on when it is asked for again under the same key, or with: agentmesh resume ${run}`,
      facts: { run },
      retryable: true,
    });
  }
}
