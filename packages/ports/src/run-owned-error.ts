/** A living process drives the run already. */
import { MeshError } from "@agentmesh/core";

export interface RunOwner {
  readonly pid: number;
  /** The name of its machine. */
  readonly host: string;
  readonly sinceMs: number;
  readonly leaseUntilMs: number;
}

export class RunOwnedError extends MeshError {
  constructor(run: string, { pid, host, sinceMs, leaseUntilMs }: RunOwner) {
    super({
      code: "AM_RUN_OWNED",
      message: `Run ${run} is driven by process ${pid} on ${host}.`,
      hint: "Wait until it is over, or stop that process: the run can be taken over then.",
      facts: { run, pid, host, sinceMs, leaseUntilMs },
      retryable: true,
    });
  }
}
