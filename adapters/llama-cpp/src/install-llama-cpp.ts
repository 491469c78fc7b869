/**
 * Installs node-llama-cpp for those who run models in it: once a user, outside of any project, with the one binary that
 * the machine needs (85 MB). A plain `npm install node-llama-cpp` fetches those of every graphics card too (712 MB).
 */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Environment } from "./cache-folder.ts";
import { isInstalled, LLAMA_CPP_PACKAGE, LLAMA_CPP_VERSION, managedFolder } from "./llama-cpp-folder.ts";
import { type InstallFailure, LlamaCppInstallError } from "./llama-cpp-install-error.ts";
import { runNpm } from "./npm-command.ts";
import { type Platform, platformBinary, thisPlatform } from "./platform-binary.ts";

export interface InstallOptions {
  readonly environment: Environment;
  /** One line for people. Must not throw. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** This machine when absent. */
  readonly platform?: Platform;
}

export interface LlamaCppInstallation {
  readonly folder: string;
  /** False: it was there already, and nothing was fetched. */
  readonly isNew: boolean;
}

const NPM_OPTIONS = [
  "install",
  "--omit=optional",
  "--ignore-scripts",
  "--save-exact",
  "--no-audit",
  "--no-fund",
  "--loglevel=error",
  "--prefer-offline",
  // Without a network, to say so within seconds.
  "--fetch-retries=2",
  "--fetch-retry-mintimeout=1000",
  "--fetch-retry-maxtimeout=4000",
];

/** Safe to call twice and from two processes at once. Throws UnsupportedPlatformError, LlamaCppInstallError. */
export async function installLlamaCpp(options: InstallOptions): Promise<LlamaCppInstallation> {
  const folder = managedFolder(options.environment);
  if (isInstalled(folder)) return { folder, isNew: false };
  const binary = platformBinary(options.platform ?? thisPlatform());
  options.onProgress?.(`Installing ${LLAMA_CPP_PACKAGE} ${LLAMA_CPP_VERSION} (85 MB) into ${folder}`);
  const partial = await makePartial(folder);
  try {
    await install(partial, binary, options);
    const isNew = await publish(partial, folder);
    options.onProgress?.(`Installed ${LLAMA_CPP_PACKAGE} ${LLAMA_CPP_VERSION}`);
    return { folder, isNew };
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function makePartial(folder: string): Promise<string> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    const partial = await mkdtemp(`${folder}.partial-`);
    const manifest = { name: "agentmesh-llama-cpp", version: "1.0.0", private: true };
    await writeFile(join(partial, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    return partial;
  } catch (error) {
    throw new LlamaCppInstallError(diagnose(String(error)), folder, [String(error)]);
  }
}

async function install(partial: string, binary: string, options: InstallOptions): Promise<void> {
  const { environment, signal } = options;
  const packages = [`${LLAMA_CPP_PACKAGE}@${LLAMA_CPP_VERSION}`, `${binary}@${LLAMA_CPP_VERSION}`];
  const outcome = await runNpm([...NPM_OPTIONS, "--prefix", partial, ...packages], {
    folder: partial,
    environment: withoutNpmSettings(environment),
    ...(signal === undefined ? {} : { signal }),
  });
  const folder = managedFolder(environment);
  if (signal?.aborted === true) throw new LlamaCppInstallError("cancelled", folder, []);
  if (outcome.status === "missing") throw new LlamaCppInstallError("npm-missing", folder, outcome.said);
  if (outcome.status === "failed" || !isInstalled(partial)) {
    throw new LlamaCppInstallError(diagnose(outcome.said.join("\n")), folder, outcome.said);
  }
}

/** What an npm that runs us says about its own project must not apply to this one; a user's settings stay. */
function withoutNpmSettings(environment: Environment): Environment {
  const settings =
    /^npm_config_(local_prefix|prefix|global|workspaces?|include_workspace_root|omit|include|production|dry_run)$/i;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !settings.test(name)));
}

/** False when another process was faster: its installation is used. What is there and is none is replaced. */
async function publish(partial: string, folder: string): Promise<boolean> {
  try {
    if (!isInstalled(folder)) await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    return true;
  } catch (error) {
    if (isInstalled(folder)) return false;
    throw new LlamaCppInstallError(diagnose(String(error)), folder, [String(error)]);
  }
}

const SIGNS: readonly (readonly [RegExp, InstallFailure])[] = [
  [/ENOSPC|EDQUOT/, "disk-full"],
  [/EACCES|EPERM|EROFS/, "not-permitted"],
  [/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network|socket/i, "network"],
];

function diagnose(words: string): InstallFailure {
  return SIGNS.find(([sign]) => sign.test(words))?.[1] ?? "npm-failed";
}
