import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { BootstrapError, bootstrap, isInstalled } from "./bootstrap.mjs";

type Packages = Record<string, object>;

const folders: string[] = [];
const wanted: Packages = {
  "": { name: "workspace" },
  "node_modules/zod": { version: "4.6.7", integrity: "sha512-a" },
  "node_modules/for-another-platform": { version: "1.0.0", integrity: "sha512-b", optional: true },
};

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** A checkout with this lock file, whose node_modules hold what `installed` records (absent: nothing). */
async function checkout(lock: Packages, installed?: Packages): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "agentmesh-bootstrap-"));
  folders.push(root);
  await writeFile(join(root, "package-lock.json"), JSON.stringify({ packages: lock }));
  if (installed === undefined) return root;
  for (const path of ["node_modules", ...Object.keys(installed)]) await mkdir(join(root, path), { recursive: true });
  await writeFile(join(root, "node_modules/.package-lock.json"), JSON.stringify({ packages: installed }));
  return root;
}

const { "": _, "node_modules/for-another-platform": __, ...complete } = wanted;

test("a fresh checkout is not installed", async () => {
  expect(isInstalled(await checkout(wanted))).toBe(false);
});

test("a checkout whose record holds everything for this platform is installed", async () => {
  expect(isInstalled(await checkout(wanted, complete))).toBe(true);
});

test("a lock file that moved on makes the installation stale", async () => {
  const moved = { ...wanted, "node_modules/zod": { version: "4.6.8", integrity: "sha512-c" } };
  expect(isInstalled(await checkout(moved, complete))).toBe(false);
});

test("a package that somebody removed by hand makes the installation stale", async () => {
  const root = await checkout(wanted, complete);
  await rm(join(root, "node_modules/zod"), { recursive: true });
  expect(isInstalled(root)).toBe(false);
});

test("a command that a workspace gained makes the installation stale", async () => {
  const cli = { "apps/cli": { version: "0.1.0" } };
  const cliWithCommand = { "apps/cli": { version: "0.1.0", bin: { agentmesh: "bin/agentmesh.mjs" } } };
  expect(isInstalled(await checkout(cliWithCommand, cli))).toBe(false);
});

test("a folder without a lock file is told apart from one that is not installed", async () => {
  const root = await mkdtemp(join(tmpdir(), "agentmesh-bootstrap-"));
  folders.push(root);
  expect(() => isInstalled(root)).toThrow(BootstrapError);
});

test("an installed checkout gives a Node 24 and puts it first in PATH", async () => {
  const { node, env } = await bootstrap();
  expect(node).toMatch(/node/);
  expect(env["PATH"]).toMatch(/^[^:;]+node_modules.\.bin/);
});
