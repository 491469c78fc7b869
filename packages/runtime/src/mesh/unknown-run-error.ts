/** No run of this tenant has that name in the store. */
import { MeshError } from "@agentmesh/core";

export class UnknownRunError extends MeshError {
  constructor(run: string) {
    super({
      code: "AM_UNKNOWN_RUN",
      message: `There is no run "${run}" in this store.`,
      hint: "List the runs with: agentmesh runs",
      facts: { run },
    });
  }
}
