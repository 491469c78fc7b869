/** The peers' packages: a project of its own, which `npm ci` of the repository never touches. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../peers");
const MODULES = join(FOLDER, "node_modules");
/** npm writes it when an installation is whole. */
const INSTALLED = join(MODULES, ".package-lock.json");

/** Installs what the lock file says, when it is missing; npm's progress goes to stderr. Throws RangeError. */
export function installPeers(): void {
  if (existsSync(INSTALLED)) return;
  process.stderr.write("bench: installing the peers (about 800 MB, once) into bench/peers\n");
  const { status } = spawnSync("npm", ["ci"], { cwd: FOLDER, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new RangeError(`npm ci in ${FOLDER} failed: mend it there, then try again`);
}

/** The version of an installed package; undefined when it is not there. */
export function peerVersion(name: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}
