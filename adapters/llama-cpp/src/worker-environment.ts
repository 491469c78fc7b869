/** The environment of a model's process: what llama.cpp and Node look at, and no secret. */
import type { Environment } from "./cache-folder.ts";

const NAMES: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "LANG",
  "TMPDIR",
  "TEMP",
  "TMP",
  "SYSTEMROOT",
  "WINDIR",
  "USERPROFILE",
]);
const PREFIXES = /^(LC_|LD_LIBRARY_PATH$|DYLD_|GGML_|LLAMA_|OMP_|NODE_LLAMA_CPP_|CUDA_|GPU_|VK_)/;

export function workerEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (NAMES.has(entry[0].toUpperCase()) || PREFIXES.test(entry[0])),
  );
  return Object.fromEntries(kept);
}
