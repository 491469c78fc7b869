/** Nobody has said where the lock file of tools is to stand. */
import { MeshError } from "@agentmesh/core";

export class NoLockFileError extends MeshError {
  constructor() {
    super({
      code: "AM_LOCK_FILE_UNNAMED",
      message: "There is no configuration file that a lock file of tools could stand beside.",
      hint: "Write agentmesh.config.yaml, or name the file with pinning.lockFile.",
    });
  }
}
