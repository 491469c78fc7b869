/** The lock file of tools is there, but cannot be used: nothing may run on tools that nobody can compare. */
import { MeshError } from "@agentmesh/core";

export class LockFileError extends MeshError {
  constructor(file: string, reason: string, cause?: unknown) {
    super({
      code: "AM_LOCK_FILE",
      message: `The lock file of tools ${file} cannot be used: ${reason}.`,
      hint: "Restore it, or delete it and write it anew with: agentmesh tools lock",
      facts: { file, reason },
      cause,
    });
  }
}
