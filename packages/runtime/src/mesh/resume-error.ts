/** A run cannot be gone on with here and now; it stays as it is. */
import { MeshError } from "@agentmesh/core";

/** Servers whose tools the rest of the run needs are not there. */
export class ServersMissingError extends MeshError {
  constructor(run: string, missing: ReadonlyMap<string, string>) {
    const [first] = missing;
    super({
      code: "AM_SERVER_UNAVAILABLE",
      message: `The run ${run} needs ${[...missing.keys()].join(", ")}, which cannot be reached: ${first?.[1] ?? "unknown"}`,
      hint: `Nothing was changed. Mend the server (see agentmesh doctor), then: agentmesh resume ${run}`,
      facts: { run, servers: [...missing.keys()] },
      retryable: true,
    });
  }
}

/** Secrets were masked in what is stored: a call would get the mask in their place. */
export class PlanRedactedError extends MeshError {
  constructor(run: string) {
    super({
      code: "AM_PLAN_REDACTED",
      message: `The plan or the inputs of ${run} held a secret, which is not stored: the rest of it cannot be run.`,
      hint: "Start a new run. Give secrets to servers by their configuration, not to plans.",
      facts: { run },
    });
  }
}
