/**
 * The rules of the house, derived again from the sources: the lint rules say the same while one types, but a comment
 * can switch a lint rule off. Every rule is also fed something that breaks it, so that it is known to see.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Breach, describeBreach } from "./architecture/breach.ts";
import { codeBreaches, staleProcessStarters } from "./architecture/code-rules.ts";
import { coreBreaches } from "./architecture/core-rules.ts";
import { fileNameBreaches, machinePathBreaches } from "./architecture/file-rules.ts";
import { importBreaches, manifestFloorBreaches } from "./architecture/import-rules.ts";
import { lockBreaches, type LockFile, manifestBreaches } from "./architecture/manifest-rules.ts";
import { parseSource, type SourceFile } from "./architecture/source-file.ts";
import { listFiles, memberOf, readWorkspace, type Workspace } from "./architecture/workspace.ts";

const root = join(import.meta.dirname, "..");
const workspace = readWorkspace(root);
const files = listFiles(root);
const textOf = (path: string) => readFileSync(join(root, path), "utf8");
const sources = files
  .filter((path) => /\.(ts|tsx|mjs)$/.test(path))
  .map((path) => parseSource(path, textOf(path), memberOf(path, workspace)));

function expectNone(breaches: readonly Breach[]): void {
  expect(breaches.map(describeBreach)).toEqual([]);
}

describe("the sources", () => {
  test("are all here", () => {
    const folders = workspace.members.map(({ folder }) => folder);
    expect(folders).toEqual(
      expect.arrayContaining(["packages/core", "packages/ports", "packages/runtime", "apps/cli"]),
    );
    expect(sources.filter(({ member }) => member !== undefined).length).toBeGreaterThan(20);
  });

  test("import downward only, through the one door of a package, and only what is declared", () => {
    expectNone(sources.flatMap((source) => importBreaches(source, workspace)));
    expectNone(manifestFloorBreaches(workspace));
  });

  test("keep core free of clocks, randomness, I/O and waiting", () => {
    expectNone(sources.flatMap(coreBreaches));
  });

  test("throw typed errors, name what they export, never make code from text, start few processes", () => {
    expectNone(sources.flatMap(codeBreaches));
    expectNone(staleProcessStarters(sources));
  });

  test("have telling names in kebab-case", () => {
    expectNone(files.flatMap(fileNameBreaches));
  });

  test("hold no path of anybody's machine", () => {
    const texts = files.filter((path) => /\.(ts|tsx|mjs|js|json|md|ya?ml|sh)$|^\.ci\//.test(path));
    expectNone(texts.flatMap((path) => machinePathBreaches(path, textOf(path))));
  });

  test("burden no one with native code, addresses or open versions", () => {
    expectNone(manifestBreaches(workspace));
    expectNone(lockBreaches(JSON.parse(textOf("package-lock.json")) as LockFile));
  });
});

/** A small workspace of the real shape, with one of each floor. */
const sample: Workspace = {
  root: { name: "agentmesh-workspace", devDependencies: { vitest: "5.1.1" } },
  members: [
    { folder: "packages/core", manifest: { name: "@agentmesh/core", dependencies: { zod: "4.6.7" } } },
    { folder: "packages/ports", manifest: { name: "@agentmesh/ports", dependencies: { "@agentmesh/core": "0.1.0" } } },
    { folder: "packages/mcp", manifest: { name: "@agentmesh/mcp", dependencies: { "@agentmesh/ports": "0.1.0" } } },
    {
      folder: "packages/runtime",
      manifest: { name: "@agentmesh/runtime", dependencies: { "@agentmesh/mcp": "0.1.0" } },
    },
    { folder: "adapters/redis", manifest: { name: "@agentmesh/redis", dependencies: { "@agentmesh/ports": "0.1.0" } } },
    { folder: "adapters/kafka", manifest: { name: "@agentmesh/kafka" } },
    { folder: "apps/cli", manifest: { name: "agentmesh", dependencies: { "@agentmesh/redis": "0.1.0" } } },
  ],
  apart: [{ folder: "bench/peers", manifest: { name: "peers", dependencies: { pg: "8.23.1" } } }],
};

function sampleSource(path: string, text: string): SourceFile {
  return parseSource(path, text, memberOf(path, sample));
}

/** The names of the rules that this text breaks. */
function broken(path: string, text: string): string[] {
  const source = sampleSource(path, text);
  const breaches = [...importBreaches(source, sample), ...coreBreaches(source), ...codeBreaches(source)];
  return breaches.map(({ rule }) => rule);
}

describe("a rule sees", () => {
  test.each([
    ["core importing ports", "packages/core/src/a.ts", 'import type { Clock } from "@agentmesh/ports";'],
    ["ports importing runtime", "packages/ports/src/a.ts", 'export { x } from "@agentmesh/runtime";'],
    ["runtime importing an adapter, late", "packages/runtime/src/a.ts", 'const a = await import("@agentmesh/redis");'],
    ["an adapter importing another", "adapters/redis/src/a.ts", 'import { x } from "@agentmesh/kafka";'],
    ["an adapter importing runtime as a type", "adapters/redis/src/a.ts", 'type A = import("@agentmesh/runtime").A;'],
    ["an adapter importing an app", "adapters/redis/src/a.ts", 'import x = require("agentmesh");'],
    ["a test going up", "packages/ports/test/a.test.ts", 'import { x } from "@agentmesh/runtime";'],
  ])("%s", (_, path, text) => {
    expect(broken(path, text)).toContain("floors");
  });

  test.each([
    ["a path into another package", "packages/ports/src/a.ts", 'import { x } from "../../core/src/json.ts";'],
    ["a path into a package from the root", "tests/a.test.ts", 'import { x } from "../packages/core/src/json.ts";'],
    ["a deep name", "packages/ports/src/a.ts", 'import { x } from "@agentmesh/core/src/json.ts";'],
    ["a path out of a package", "packages/core/src/a.ts", 'import x from "../../../package.json";'],
  ])("%s", (_, path, text) => {
    expect(broken(path, text)).toContain("one door");
  });

  test.each([
    ["an undeclared package", "packages/mcp/src/a.ts", 'import { z } from "zod";'],
    ["an undeclared package of our own", "packages/runtime/src/a.ts", 'import { x } from "@agentmesh/core";'],
    ["a tool of the root in shipped code", "packages/core/src/a.ts", 'import { test } from "vitest";'],
    ["an undeclared package in a script", "tools/a.ts", 'import { z } from "zod";'],
    ["an undeclared package in a project apart", "bench/peers/a.mjs", 'import { z } from "zod";'],
  ])("%s", (_, path, text) => {
    expect(broken(path, text)).toContain("declared");
  });

  test.each([
    'import { readFile } from "node:fs/promises";',
    'import { readFile } from "fs";',
    "export const now = () => Date.now();",
    "export const now = () => new Date().getTime();",
    "export const roll = () => Math.random();",
    "export const later = (f: () => void) => setTimeout(f, 1);",
    "export const load = () => fetch('https://example.org');",
    "export const home = process.env.HOME;",
    "export const home = globalThis.process;",
    "export const id = crypto.randomUUID();",
    "export const wait = async (p: Promise<void>) => { await p; };",
  ])("that core is not pure: %s", (text) => {
    expect(broken("packages/core/src/a.ts", text)).toContain("pure core");
  });

  test.each([
    ["no code from text", "export const f = new Function('return 1');"],
    ["no code from text", "export const f = globalThis.eval('1');"],
    ["no code from text", 'import { runInNewContext } from "node:vm";'],
    ["typed errors", "export function f() { throw new Error('no'); }"],
    ["typed errors", "export function f() { throw TypeError('no'); }"],
    ["few processes", 'import { spawn } from "node:child_process";'],
    ["servers of the operator", "export const s = new StdioTransport(command, limits);"],
    ["servers of the operator", "export const s = new StdioClientTransport({ command });"],
    ["servers of the operator", "export const s = new McpToolSource({ server, config });"],
    ["few processes", 'const { spawn } = await import("child_process");'],
  ])("a breach of %s: %s", (rule, text) => {
    expect(broken("packages/runtime/src/a.ts", text)).toContain(rule);
  });

  test("a star in an index", () => {
    expect(broken("packages/mcp/src/index.ts", 'export * from "./pool.ts";')).toEqual(["named face"]);
  });

  test("a list of process starters that has gone stale", () => {
    expect(staleProcessStarters([]).map(({ file }) => file)).toContain("apps/cli/bin/run-node.mjs");
  });

  test.each(["packages/core/src/utils.ts", "packages/core/src/json-helpers.ts", "packages/mcp/src/common/pool.ts"])(
    "an empty noun: %s",
    (path) => {
      expect(fileNameBreaches(path).map(({ rule }) => rule)).toEqual(["telling names"]);
    },
  );

  test.each(["packages/core/src/runState.ts", "packages/core/src/RunState.test.ts", "tools/my_script.mjs"])(
    "a name that is not in kebab-case: %s",
    (path) => {
      expect(fileNameBreaches(path).map(({ rule }) => rule)).toEqual(["kebab-case"]);
    },
  );

  test("a path of a machine", () => {
    const path = ["", "home", "ann", "agentmesh"].join("/");
    expect(machinePathBreaches("docs/a.md", `cd ${path}`)).toHaveLength(1);
    expect(machinePathBreaches("docs/a.md", `see https://example.org${path} and ./${path} and ~/x`)).toEqual([]);
  });

  test("a manifest that declares a floor above", () => {
    const core = {
      folder: "packages/core",
      manifest: { name: "@agentmesh/core", dependencies: { "@agentmesh/mcp": "0.1.0" } },
    };
    expect(manifestFloorBreaches({ ...sample, members: [core, ...sample.members.slice(1)] })).toHaveLength(1);
  });

  test("native code for everybody, an open version, an address and a graphics binary", () => {
    const cli = { folder: "apps/cli", manifest: { name: "agentmesh", dependencies: { "node-llama-cpp": "^3.0.0" } } };
    expect(manifestBreaches({ root: sample.root, members: [cli] }).map(({ rule }) => rule)).toEqual([
      "exact versions",
      "light by default",
    ]);
    const lock = {
      packages: {
        "node_modules/a": { resolved: "https://example.org/a.tgz" },
        "node_modules/@node-llama-cpp/linux-x64-cuda": {},
      },
    };
    expect(lockBreaches(lock).map(({ rule }) => rule)).toEqual(["no addresses", "light by default"]);
  });
});

describe("a rule lets pass", () => {
  test.each([
    ["what is below, by name", "packages/ports/src/a.ts", 'import type { Json } from "@agentmesh/core";'],
    ["the contract suites", "adapters/redis/test/a.test.ts", 'import { x } from "@agentmesh/ports/testing";'],
    ["an adapter in an app", "apps/cli/src/a.ts", 'import { x } from "@agentmesh/redis";'],
    ["a launcher in a script", "tools/a.mjs", 'import { x } from "../apps/cli/bin/run-node.mjs";'],
    ["tools of the root in a test", "packages/core/src/a.test.ts", 'import { test } from "vitest"; import "node:fs";'],
    ["a property that is called like a global", "packages/core/src/a.ts", "export const a = { fetch: 1 }.fetch;"],
    ["a child process as a type", "packages/mcp/src/a.ts", 'import type { ChildProcess } from "node:child_process";'],
    [
      "a date that is given",
      "packages/core/src/a.ts",
      "export const iso = (ms: number) => new Date(ms).toISOString();",
    ],
    [
      "an error of our own",
      "packages/mcp/src/a.ts",
      "export class A extends Error {} export const f = () => { throw new A(); };",
    ],
    ["a bare error in a test", "packages/mcp/src/a.test.ts", "throw new Error('no');"],
  ])("%s", (_, path, text) => {
    expect(broken(path, text)).toEqual([]);
  });
});
