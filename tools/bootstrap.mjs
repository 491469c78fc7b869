/**
 * Makes a checkout ready to run: dependencies as the lock file says, and a Node 24. Does nothing, and above all nothing
 * over the network, when both are there. Plain JavaScript: it runs on Node 18, before anything is installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_MAJOR_MIN = 24;
const NODE_MAJOR_MIN_FOR_SETUP = 18;
const HEARTBEAT_MS = 10_000;
const isWindows = process.platform === "win32";

export const rootFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** Something that only a person can mend; `message` is the one line they read. */
export class BootstrapError extends Error {}

/**
 * @typedef {object} Ready
 * @property {string} node path of a Node 24 or newer
 * @property {NodeJS.ProcessEnv} env the environment, with that Node and the installed commands first in PATH
 */

/**
 * Throws BootstrapError when the checkout cannot be made ready.
 * @param {string} [root]
 * @returns {Promise<Ready>}
 */
export async function bootstrap(root = rootFolder) {
  if (majorOf(process.versions.node) < NODE_MAJOR_MIN_FOR_SETUP) {
    throw new BootstrapError(`setting up needs Node ${NODE_MAJOR_MIN_FOR_SETUP} or newer; this is ${process.version}`);
  }
  if (!isInstalled(root)) await installDependencies(root);
  const node = await findOrInstallNode(root);
  const folders = [join(root, "node_modules", ".bin"), dirname(node), process.env["PATH"] ?? ""];
  return { node, env: { ...process.env, PATH: folders.join(delimiter) } };
}

/**
 * Runs a tool's main function; what a person can mend is one line and exit code 1.
 * @param {() => Promise<number>} main resolves with the exit code
 */
export async function runTool(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof BootstrapError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

/**
 * Whether `node_modules` holds what the lock file says, by the record that npm writes at the end of an installation.
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (wanted === undefined) throw new BootstrapError("package-lock.json is missing: is this a complete checkout?");
  if (installed === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    const found = installed[path];
    if (path === "" || (found === undefined && entry.optional === true)) return true;
    return found !== undefined && identityOf(found) === identityOf(entry) && existsSync(join(root, path));
  });
}

/**
 * @typedef {{ version?: string, integrity?: string, link?: boolean, bin?: unknown, optional?: boolean }} LockEntry
 * @param {string} file a lock file of npm, version 2 or 3
 * @returns {Record<string, LockEntry> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** @param {LockEntry} entry */
function identityOf(entry) {
  return JSON.stringify([entry.version, entry.integrity, entry.link, entry.bin]);
}

/** @param {string} root */
async function installDependencies(root) {
  say("installing dependencies with npm ci (some 180 MB to download the first time)");
  const startedAtMs = Date.now();
  const code = await runNpm(["ci", "--loglevel=error"], root);
  if (code !== 0) {
    throw new BootstrapError(`npm ci failed (exit code ${code}, reason above); with a connection, try again: npm ci`);
  }
  say(`dependencies are installed (${secondsSince(startedAtMs)} s)`);
}

/**
 * The package `node` fetches its executable in an install script, which npm may have been told not to run: then its
 * own step is run here. A system Node that is new enough will do as well.
 * @param {string} root
 */
async function findOrInstallNode(root) {
  const home = join(root, "node_modules", "node");
  const executable = join(home, "bin", isWindows ? "node.exe" : "node");
  if (isNewEnough(executable)) return executable;
  if (majorOf(process.versions.node) >= NODE_MAJOR_MIN) return process.execPath;
  if (existsSync(join(home, "installArchSpecificPackage.js"))) {
    say(`fetching Node ${NODE_MAJOR_MIN} (some 50 MB)`);
    await runVisibly(process.execPath, ["installArchSpecificPackage.js"], home);
    if (isNewEnough(executable)) return executable;
  }
  throw new BootstrapError(
    `this needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version} and node_modules/node holds none: ` +
      `run "npm rebuild node" with a connection, or install Node ${NODE_MAJOR_MIN} from https://nodejs.org`,
  );
}

/** @param {string} executable */
function isNewEnough(executable) {
  if (!existsSync(executable)) return false;
  const { status, stdout } = spawnSync(executable, ["-p", "process.versions.node"], { encoding: "utf8" });
  return status === 0 && majorOf(stdout) >= NODE_MAJOR_MIN;
}

/**
 * Runs the npm that runs us, else the one of the PATH.
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function runNpm(args, cwd) {
  const cli = process.env["npm_execpath"];
  if (cli?.endsWith("npm-cli.js")) return runVisibly(process.execPath, [cli, ...args], cwd);
  return runVisibly(isWindows ? "npm.cmd" : "npm", args, cwd);
}

/**
 * All output goes to stderr; without a terminal (and so without npm's own progress bar) a line tells that it goes on.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 * @returns {Promise<number>} the exit code
 */
function runVisibly(command, args, cwd) {
  const startedAtMs = Date.now();
  const child = spawn(command, args, { cwd, stdio: ["ignore", 2, 2], shell: isWindows });
  const heartbeat = process.stderr.isTTY
    ? undefined
    : setInterval(() => say(`still at it (${secondsSince(startedAtMs)} s)`), HEARTBEAT_MS);
  return new Promise((resolve, reject) => {
    child.once("error", () => reject(new BootstrapError(`cannot start ${command}: is npm installed?`)));
    child.once("close", (code) => resolve(code ?? 1));
  }).finally(() => clearInterval(heartbeat));
}

/** @param {number} startedAtMs */
function secondsSince(startedAtMs) {
  return Math.round((Date.now() - startedAtMs) / 1000);
}

/** @param {string} version like `24.21.0` */
function majorOf(version) {
  return Number.parseInt(version, 10);
}

/** @param {string} line */
function say(line) {
  process.stderr.write(`agentmesh: ${line}\n`);
}
