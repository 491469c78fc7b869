/** There is no prebuilt llama.cpp for this machine. */
import { MeshError } from "@agentmesh/core";
import type { Platform } from "./platform-binary.ts";

export class UnsupportedPlatformError extends MeshError {
  constructor(platform: Platform) {
    const libc = platform.system === "linux" && !platform.isGlibc ? " without glibc" : "";
    super({
      code: "AM_LLAMA_CPP_PLATFORM_UNSUPPORTED",
      message: `There is no prebuilt llama.cpp for ${platform.system} on ${platform.architecture}${libc}.`,
      hint: "Run llama-server or Ollama and configure it as a model (provider: llama-server or ollama), or install node-llama-cpp yourself.",
      facts: { system: platform.system, architecture: platform.architecture, glibc: platform.isGlibc },
    });
  }
}
