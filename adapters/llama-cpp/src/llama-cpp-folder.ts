/** Where node-llama-cpp is: among the project's own packages, or in the folder that `installLlamaCpp` manages. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cacheFolder, type Environment } from "./cache-folder.ts";
import { LlamaCppMissingError } from "./llama-cpp-missing-error.ts";

/** The one version that this adapter was tested with. */
export const LLAMA_CPP_VERSION = "3.22.1";
export const LLAMA_CPP_PACKAGE = "node-llama-cpp";

export function managedFolder(environment: Environment): string {
  return join(cacheFolder(environment), "llama-cpp", LLAMA_CPP_VERSION);
}

/** The file URL of its entry. Throws LlamaCppMissingError. */
export function findLlamaCpp(environment: Environment): string {
  const folder = managedFolder(environment);
  const found = entryFrom(import.meta.url) ?? entryFrom(pathToFileURL(join(folder, "package.json")).href);
  if (found === undefined) throw new LlamaCppMissingError(LLAMA_CPP_VERSION, folder);
  return found;
}

/** As a module at `from` would import it; undefined when it cannot. */
function entryFrom(from: string): string | undefined {
  try {
    return pathToFileURL(createRequire(from).resolve(LLAMA_CPP_PACKAGE)).href;
  } catch {
    return undefined;
  }
}

export function isInstalled(folder: string): boolean {
  return entryFrom(pathToFileURL(join(folder, "package.json")).href) !== undefined;
}
