/** Installs with an npm that writes a folder: what npm itself does is npm's; `npm run test:llama` runs the real one. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { installLlamaCpp } from "./install-llama-cpp.ts";
import { findLlamaCpp, LLAMA_CPP_VERSION } from "./llama-cpp-folder.ts";
import { LlamaCppInstallError } from "./llama-cpp-install-error.ts";
import { LlamaCppMissingError } from "./llama-cpp-missing-error.ts";
import { loadLlamaCppModel } from "./llama-cpp-model.ts";
import { type Platform, platformBinary } from "./platform-binary.ts";
import { UnsupportedPlatformError } from "./unsupported-platform-error.ts";

const FAKE_NPM = String.raw`
const fs = require("node:fs"), path = require("node:path");
const options = process.argv.slice(2);
fs.appendFileSync(process.env.CALLS, JSON.stringify(options) + "\n");
if (process.env.SAYS) { console.error(process.env.SAYS); process.exit(1); }
const folder = path.join(options[options.indexOf("--prefix") + 1], "node_modules", "node-llama-cpp");
fs.mkdirSync(folder, { recursive: true });
fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "node-llama-cpp", main: "index.js" }));
fs.writeFileSync(path.join(folder, "index.js"), "");
`;

const LINUX: Platform = { system: "linux", architecture: "x64", isGlibc: true };

function workshop(says = "") {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-install-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const npm = join(folder, "npm-cli.js");
  writeFileSync(npm, FAKE_NPM);
  chmodSync(npm, 0o755);
  const cache = join(folder, "cache");
  const calls = join(folder, "calls");
  return {
    environment: { AGENTMESH_CACHE: cache, npm_execpath: npm, CALLS: calls, SAYS: says },
    parent: join(cache, "llama-cpp"),
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : []),
  };
}

async function failureOf(work: Promise<unknown>): Promise<LlamaCppInstallError> {
  const error: unknown = await work.then(
    () => undefined,
    (error_: unknown) => error_,
  );
  expect(error).toBeInstanceOf(LlamaCppInstallError);
  return error as LlamaCppInstallError;
}

describe("installing llama.cpp", () => {
  test("asks npm for one version and one binary, and places them in one step", async () => {
    const { environment, parent, calls } = workshop();
    const lines: string[] = [];
    const installed = await installLlamaCpp({ environment, platform: LINUX, onProgress: (line) => lines.push(line) });
    expect(installed).toEqual({ folder: join(parent, LLAMA_CPP_VERSION), isNew: true });
    expect(readdirSync(parent)).toEqual([LLAMA_CPP_VERSION]);
    const options = JSON.parse(calls()[0] ?? "") as string[];
    expect(options).toEqual(expect.arrayContaining(["--omit=optional", "--ignore-scripts", "--save-exact"]));
    expect(options.slice(-2)).toEqual([
      `node-llama-cpp@${LLAMA_CPP_VERSION}`,
      `@node-llama-cpp/linux-x64@${LLAMA_CPP_VERSION}`,
    ]);
    expect(lines).toHaveLength(2);
    expect(findLlamaCpp(environment)).toContain(LLAMA_CPP_VERSION);
  });

  test("twice asks npm once", async () => {
    const { environment, calls } = workshop();
    await installLlamaCpp({ environment, platform: LINUX });
    expect((await installLlamaCpp({ environment, platform: LINUX })).isNew).toBe(false);
    expect(calls()).toHaveLength(1);
  });

  test("from two sides at once ends with one installation", async () => {
    const { environment, parent } = workshop();
    await Promise.all([1, 2].map(() => installLlamaCpp({ environment, platform: LINUX })));
    expect(readdirSync(parent)).toEqual([LLAMA_CPP_VERSION]);
  });

  test("replaces a folder that holds no installation", async () => {
    const { environment, parent } = workshop();
    mkdirSync(join(parent, LLAMA_CPP_VERSION, "rest"), { recursive: true });
    expect((await installLlamaCpp({ environment, platform: LINUX })).isNew).toBe(true);
  });

  test.each([
    ["npm error code EAI_AGAIN", "network", true],
    ["npm error code ENOSPC", "disk-full", false],
    ["npm error code EACCES", "not-permitted", false],
    ["npm error code E404", "npm-failed", false],
  ])("that fails with %s leaves nothing behind", async (says, reason, retryable) => {
    const { environment, parent } = workshop(says);
    const error = await failureOf(installLlamaCpp({ environment, platform: LINUX }));
    expect(error).toMatchObject({ code: "AM_LLAMA_CPP_INSTALL_FAILED", facts: { reason }, retryable });
    expect(error.message).toContain(says);
    expect(readdirSync(parent)).toEqual([]);
  });

  test("without npm says so", async () => {
    const { environment } = workshop();
    const bare = { AGENTMESH_CACHE: environment.AGENTMESH_CACHE, PATH: "/nowhere" };
    const error = await failureOf(installLlamaCpp({ environment: bare, platform: LINUX }));
    expect(error.facts).toMatchObject({ reason: "npm-missing" });
  });

  test("that is cancelled says so", async () => {
    const { environment } = workshop();
    const error = await failureOf(installLlamaCpp({ environment, platform: LINUX, signal: AbortSignal.abort() }));
    expect(error.facts).toMatchObject({ reason: "cancelled" });
  });
});

test("a model without llama.cpp is a typed error that says how to get it", async () => {
  const { environment } = workshop();
  const error: unknown = await loadLlamaCppModel({ model: "gemma-3-270m" }, environment).catch(
    (error_: unknown) => error_,
  );
  expect(error).toBeInstanceOf(LlamaCppMissingError);
  expect(error).toMatchObject({ code: "AM_LLAMA_CPP_MISSING", hint: expect.stringContaining("agentmesh models pull") });
});

describe("the binary of a platform", () => {
  test.each<[Platform, string]>([
    [LINUX, "@node-llama-cpp/linux-x64"],
    [{ system: "linux", architecture: "arm64", isGlibc: true }, "@node-llama-cpp/linux-arm64"],
    [{ system: "darwin", architecture: "arm64", isGlibc: false }, "@node-llama-cpp/mac-arm64-metal"],
    [{ system: "darwin", architecture: "x64", isGlibc: false }, "@node-llama-cpp/mac-x64"],
    [{ system: "win32", architecture: "x64", isGlibc: false }, "@node-llama-cpp/win-x64"],
  ])("%j is %s", (platform, name) => {
    expect(platformBinary(platform)).toBe(name);
  });

  test.each<Platform>([
    { system: "freebsd", architecture: "x64", isGlibc: false },
    { system: "linux", architecture: "s390x", isGlibc: true },
    { system: "linux", architecture: "x64", isGlibc: false },
  ])("%j has none, which is a typed error", async (platform) => {
    const { environment, calls } = workshop();
    await expect(installLlamaCpp({ environment, platform })).rejects.toThrow(UnsupportedPlatformError);
    expect(calls()).toEqual([]);
  });
});
