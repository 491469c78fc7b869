/** The folder that holds the servers of one run of the tests: a test that is killed cannot stop its own. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Servers run under other users than we do. */
const ENTERED_BY_ALL = 0o755;
/** A tenth of a second each. */
const STOP_TRIES_MAX = 100;

/** @returns {string} */
export function makeServicesFolder() {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-services-"));
  chmodSync(folder, ENTERED_BY_ALL);
  return folder;
}

/**
 * Stops the servers that are left, and removes everything.
 * @param {string} folder
 */
export async function clearServicesFolder(folder) {
  const clusters = readdirSync(folder).map((name) => join(folder, name, "data"));
  for (let tries = 0; tries < STOP_TRIES_MAX && clusters.some((data) => stopPostgres(data)); tries++) await sleep(100);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}

/**
 * Whether it still runs.
 * @param {string} data the folder of a cluster
 */
function stopPostgres(data) {
  try {
    const [pid] = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    if (!command.includes(data)) return false;
    process.kill(Number(pid), "SIGQUIT");
    return true;
  } catch {
    return false;
  }
}
