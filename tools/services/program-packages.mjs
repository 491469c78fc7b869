/** The npm packages of `tests/programs`: a project of its own, which `npm ci` of the repository never touches. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BootstrapError, rootFolder } from "../bootstrap.mjs";

const FOLDER = join(rootFolder, "tests", "programs");
/** npm writes it when an installation is whole. */
const INSTALLED = join(FOLDER, "node_modules", ".package-lock.json");

/**
 * Installs what the lock file says, when it is missing. Throws BootstrapError.
 * @param {NodeJS.ProcessEnv} env
 */
export function installPrograms(env) {
  if (existsSync(INSTALLED)) return;
  process.stderr.write("agentmesh: installing MCP programs (about 260 MB, once) into tests/programs\n");
  const { status } = spawnSync("npm", ["ci"], { cwd: FOLDER, env, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new BootstrapError(`npm ci in ${FOLDER} failed: mend it there, then try again`);
}
