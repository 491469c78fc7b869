/** Installs packages of Debian and Ubuntu, where we may. */
import { spawnSync } from "node:child_process";
import { BootstrapError } from "../bootstrap.mjs";

/**
 * Throws BootstrapError when it cannot be installed.
 * @param {string} name
 */
export function installDebianPackage(name) {
  if (process.getuid?.() !== 0)
    throw new BootstrapError(`${name} is not installed: as root, apt-get install ${name}, then try again`);
  process.stderr.write(`agentmesh: installing ${name} with apt-get\n`);
  aptGet("update");
  aptGet("install", "--yes", "--no-install-recommends", name);
}

/** @param {readonly string[]} options */
function aptGet(...options) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status, error } = spawnSync("/usr/bin/apt-get", options, { stdio: ["ignore", 2, 2], env });
  if (status === 0) return;
  throw new BootstrapError(`apt-get ${options.join(" ")} failed (${error?.message ?? `exit code ${status}`})`);
}
