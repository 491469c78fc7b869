/** Where PostgreSQL's programs are; Debian's package is installed when there are none and we may. */
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BootstrapError } from "../bootstrap.mjs";
import { installDebianPackage } from "./debian-package.mjs";

const NEEDED = ["initdb", "postgres"];
/** Debian and Ubuntu keep them here, outside of PATH. */
const DEBIAN_FOLDER = "/usr/lib/postgresql";

/**
 * The folder that holds `initdb` and `postgres`. Throws BootstrapError when there is none and none can be installed.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function findOrInstallPostgres(env = process.env) {
  const found = findPostgres(env);
  if (found !== undefined) return found;
  installDebianPackage("postgresql");
  const installed = findPostgres(env);
  if (installed !== undefined) return installed;
  throw new BootstrapError(`apt-get installed postgresql, but no initdb and postgres are in ${DEBIAN_FOLDER}`);
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
function findPostgres(env) {
  const inPath = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...debianFolders(), ...inPath].find((folder) => NEEDED.every((name) => isExecutable(join(folder, name))));
}

/** The newest version first. */
function debianFolders() {
  try {
    const versions = readdirSync(DEBIAN_FOLDER).sort((left, right) => Number(right) - Number(left));
    return versions.map((version) => join(DEBIAN_FOLDER, version, "bin"));
  } catch {
    return [];
  }
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
