/** Ctrl-C came while servers were still connecting: the run does not exist, or stays as it was. */
import { MeshError } from "@agentmesh/core";

export class NotStartedError extends MeshError {
  /** `run`: the one that was to go on; undefined when it was to begin. */
  constructor(run?: string) {
    super({
      code: "AM_CANCELLED",
      message: run === undefined ? "Cancelled before the run had started." : `Left before ${run} went on.`,
      hint:
        run === undefined
          ? "Nothing was stored and no tool was called; start it again when you like."
          : `It is as it was, or goes on where it is resumed. Look at it with: agentmesh show ${run}`,
      facts: run === undefined ? {} : { run },
    });
  }
}
