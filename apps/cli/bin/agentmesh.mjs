#!/usr/bin/env node
/**
 * The `agentmesh` command on any Node from 18 on. The program itself needs Node 24: an older Node looks for one that
 * is installed as a package next to it (the dev dependency `node` of the repository) and hands over to it.
 * Importing the entry runs the program; it reads `process.argv` and sets `process.exitCode`.
 */
import { existsSync, readFileSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runNode } from "./run-node.mjs";

const NODE_MAJOR_MIN = 24;
const EXIT_USAGE = 2;
const launcher = fileURLToPath(import.meta.url);

if (majorOf(process.versions.node) >= NODE_MAJOR_MIN) {
  module.enableCompileCache?.(); // before the first import: half of the time to a help text
  await import(entryUrl().href);
} else {
  process.exitCode = await handOver();
}

/** The source in the repository, the build in an installed package. */
function entryUrl() {
  const source = new URL("../src/main.ts", import.meta.url);
  return existsSync(source) ? source : new URL("../dist/main.js", import.meta.url);
}

async function handOver() {
  const node = findInstalledNode(dirname(launcher));
  if (node !== undefined) return await runNode(node, [launcher, ...process.argv.slice(2)]);
  process.stderr.write(
    `agentmesh needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}. ` +
      `Install it from https://nodejs.org or next to agentmesh with: npm install node@${NODE_MAJOR_MIN}\n`,
  );
  return EXIT_USAGE;
}

/**
 * @param {string} folder where the search upward begins
 * @returns {string | undefined} path of a Node that is new enough
 */
function findInstalledNode(folder) {
  const home = join(folder, "node_modules", "node");
  const executable = join(home, "bin", process.platform === "win32" ? "node.exe" : "node");
  if (existsSync(executable) && majorOf(versionOfPackage(home)) >= NODE_MAJOR_MIN) return executable;
  const parent = dirname(folder);
  return parent === folder ? undefined : findInstalledNode(parent);
}

/** @param {string} home folder of an installed package */
function versionOfPackage(home) {
  try {
    return String(JSON.parse(readFileSync(join(home, "package.json"), "utf8")).version);
  } catch {
    return "0";
  }
}

/** @param {string} version like `24.21.0` */
function majorOf(version) {
  return Number.parseInt(version, 10);
}
