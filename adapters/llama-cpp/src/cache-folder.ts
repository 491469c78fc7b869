/** Where what was fetched once is kept: outside of any repository, shared by all projects of a user. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** `process.env`, or what a test puts in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** `$AGENTMESH_CACHE`, or `~/.cache/agentmesh`. */
export function cacheFolder(environment: Environment): string {
  const configured = environment["AGENTMESH_CACHE"];
  if (configured !== undefined && configured !== "") return resolve(configured);
  return join(environment["HOME"] ?? homedir(), ".cache", "agentmesh");
}

/** Models that were pulled: `<alias>/<file>.gguf` below it, one file an alias. */
export function modelsFolder(environment: Environment): string {
  return join(cacheFolder(environment), "models");
}
