/** A file that is to be a model and cannot be loaded as one. */
import { MeshError } from "@agentmesh/core";

export class BrokenModelFileError extends MeshError {
  constructor(file: string, reason: string) {
    super({
      code: "AM_MODEL_FILE_BROKEN",
      message: `${file} cannot be loaded as a model: ${reason}.`,
      hint: "Models are GGUF files. Fetch it again (agentmesh models pull), or name another file.",
      facts: { file, reason },
    });
  }
}
