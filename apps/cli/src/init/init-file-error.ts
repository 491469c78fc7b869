/** A file of `agentmesh init` cannot be written. */
import { MeshError } from "@agentmesh/core";

export class InitFileError extends MeshError {
  constructor(file: string, cause: unknown) {
    super({
      code: "AM_INIT_FILE",
      message: `${file} cannot be written here: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: "Go to a folder that you may write to.",
      facts: { file },
      cause,
    });
  }
}
