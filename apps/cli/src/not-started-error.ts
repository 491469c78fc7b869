/** Ctrl-C came while servers were still connecting: the run does not exist. */
import { MeshError } from "@agentmesh/core";

export class NotStartedError extends MeshError {
  constructor() {
    super({
      code: "AM_CANCELLED",
      message: "Cancelled before the run had started.",
      hint: "Nothing was stored and no tool was called; start it again when you like.",
    });
  }
}
