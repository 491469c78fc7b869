/** A model is to run in llama.cpp, which nobody has installed: it is large, so it comes only to those who ask for it. */
import { MeshError } from "@agentmesh/core";

export class LlamaCppMissingError extends MeshError {
  constructor(version: string, folder: string) {
    super({
      code: "AM_LLAMA_CPP_MISSING",
      message: `node-llama-cpp ${version}, which runs local models, is not installed.`,
      hint: "Fetch it once (85 MB, outside the project) with: agentmesh models pull. Or add node-llama-cpp to the project's own dependencies.",
      facts: { version, folder },
    });
  }
}
