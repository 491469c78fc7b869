/** The run behind a call waits for somebody: there is no result yet, and the same call gives it once that run is over. */
import { MeshError } from "@agentmesh/core";

export class ChildSuspendedError extends MeshError {
  /** The run that waits. */
  readonly child: string;

  constructor(child: string) {
    super({
      code: "AM_CHILD_SUSPENDED",
      message: `The run ${child} waits for somebody.`,
      hint: `See what for with: agentmesh show ${child}`,
      facts: { run: child },
    });
    this.child = child;
  }
}
