/** Where the lock file of tools stands. */
import { join } from "node:path";
import type { LoadedConfig } from "../../config/load-config.ts";
import { LOCK_FILE_NAME } from "./tool-lock.ts";

/** Undefined: nobody has said, and there is no configuration file to stand beside. */
export function lockFileOf({ config, file, directory }: LoadedConfig): string | undefined {
  return config.pinning.lockFile ?? (file === undefined ? undefined : join(directory, LOCK_FILE_NAME));
}
