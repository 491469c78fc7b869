/** Where Chromium is; Debian's package is installed when there is none and we may. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { BootstrapError } from "../bootstrap.mjs";
import { installDebianPackage } from "./debian-package.mjs";

/**
 * The program. Throws BootstrapError when there is none and none can be installed.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function findOrInstallChromium(env = process.env) {
  const found = findChromium(env);
  if (found !== undefined) return found;
  installDebianPackage("chromium");
  const installed = findChromium(env);
  if (installed !== undefined) return installed;
  throw new BootstrapError("apt-get installed chromium, but it is not in PATH");
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
function findChromium(env) {
  const folders = [...(env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""), "/usr/bin"];
  return folders.map((folder) => join(folder, "chromium")).find((file) => isExecutable(file));
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
