/** Fetching node-llama-cpp by npm failed. Nothing half-installed is left behind. */
import { MeshError } from "@agentmesh/core";

export type InstallFailure = "npm-missing" | "network" | "disk-full" | "not-permitted" | "cancelled" | "npm-failed";

const HINTS: Readonly<Record<InstallFailure, string>> = {
  "npm-missing": "Install Node.js with npm and make sure that npm is on the PATH.",
  network: "Check the network and npm's registry and proxy settings (npm config list), then try again.",
  "disk-full": "Free about 100 MB, or name another folder in AGENTMESH_CACHE, then try again.",
  "not-permitted": "Make the folder writable, or name another one in AGENTMESH_CACHE.",
  cancelled: "Start it again when it is wanted.",
  "npm-failed": "The lines above are npm's own; try again, or install node-llama-cpp yourself.",
};

export class LlamaCppInstallError extends MeshError {
  /** `said`: the last lines of npm. */
  constructor(reason: InstallFailure, folder: string, said: readonly string[]) {
    const words = said.length === 0 ? "" : `\n${said.join("\n")}`;
    super({
      code: "AM_LLAMA_CPP_INSTALL_FAILED",
      message: `node-llama-cpp could not be installed into ${folder} (${reason}).${words}`,
      hint: HINTS[reason],
      facts: { reason, folder },
      retryable: reason === "network",
    });
  }
}
