/**
 * `node tools/pack.ts [FOLDER]`: builds every package and writes its tarball, as it would be published, to a folder. The
 * modules of a package are joined: loading some hundred small files took longer than all that they do.
 */
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { rolldown } from "rolldown";
import { packedManifest } from "./packed-manifest.ts";
import { runCommand } from "./run-command.ts";
import { root, type WorkspaceMember, workspaceMembers } from "./workspace-member.ts";

/** What no tarball needs; npm's `files` decides about the rest. */
const LEFT_BEHIND = new Set(["node_modules", "src", "test", ".tsbuildinfo", "tsconfig.json"]);

/** What others wrote that travels in our files, its licences with it; the rest is installed beside them. */
const JOINED = new Set(["zod"]);
const LICENCES = "licences-of-others.txt";
const THEIR_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

/** Where one comes in besides what a manifest exports: the command, and threads. */
const STARTED = ["main.ts", "worker.ts"];

export interface PackedMember extends WorkspaceMember {
  readonly tarball: string;
}

export async function packWorkspace(folder: string): Promise<PackedMember[]> {
  const members = workspaceMembers();
  declare(members);
  mkdirSync(folder, { recursive: true });
  const packed: PackedMember[] = [];
  for (const member of members) packed.push({ ...member, tarball: await packMember(member, folder) });
  return packed;
}

/** From nothing, so that no file of a source that is gone gets into a tarball. Of this build the declarations stay. */
function declare(members: readonly WorkspaceMember[]): void {
  for (const { folder } of members) rmSync(join(root, folder, "dist"), { recursive: true, force: true });
  runCommand("tsc", ["-b", ...members.map(({ folder }) => folder)], { cwd: root });
}

async function packMember({ folder, manifest }: WorkspaceMember, target: string): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), "agentmesh-pack-"));
  try {
    cpSync(join(root, folder), stage, { recursive: true, filter: (path) => !LEFT_BEHIND.has(basename(path)) });
    await joinModules({ folder, manifest }, join(stage, "dist"));
    cpSync(join(root, "LICENSE"), join(stage, "LICENSE"));
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(packedManifest(manifest), null, 2)}\n`);
    const output = runCommand("npm", ["pack", "--json", "--pack-destination", resolve(target)], { cwd: stage });
    const [packed] = Object.values(JSON.parse(output) as Record<string, { readonly filename: string }>);
    return join(target, packed?.filename ?? "");
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * One file for what the package's face loads, one for each part that is loaded late. They lie beside each other, as files
 * of `src` that name a neighbour by `import.meta` do: these must stand at its top.
 */
async function joinModules({ folder, manifest }: WorkspaceMember, dist: string): Promise<void> {
  for (const file of globSync("**/*.{js,js.map}", { cwd: dist })) rmSync(join(dist, file));
  const sources = join(root, folder, "src");
  const exported = Object.values(manifest.exports).filter((target) => target.endsWith(".ts"));
  const entries = [...exported.map((target) => relative("src", target)), ...globSync(STARTED, { cwd: sources })];
  const input = Object.fromEntries(entries.map((file) => [file.replace(/\.ts$/, ""), join(sources, file)]));
  await using joined = await rolldown({ input, external: isInstalled, platform: "node", logLevel: "warn" });
  const names = { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" };
  const { output } = await joined.write({ dir: dist, format: "esm", sourcemap: true, ...names });
  const licences = licencesOf(output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : [])));
  if (licences !== "") writeFileSync(join(dist, LICENCES), licences);
}

/** The first two parts of `@scope/name/path`, the first of `name/path`. */
const PACKAGE_NAME = /^(?:@[^/]+\/)?[^/]+/;

function isInstalled(specifier: string): boolean {
  const isFile = specifier.startsWith(".") || isAbsolute(specifier);
  return !isFile && !JOINED.has(PACKAGE_NAME.exec(specifier)?.[0] ?? "");
}

/** Of the packages whose modules these are; empty when all are ours. */
function licencesOf(modules: readonly string[]): string {
  const folders = new Set(modules.map((path) => THEIR_FOLDER.exec(path)?.[0]).filter((folder) => folder !== undefined));
  return [...folders]
    .map((folder) => `${basename(folder)}\n\n${readFileSync(join(folder, "LICENSE"), "utf8")}`)
    .join("\n");
}

if (import.meta.main) {
  for (const { tarball } of await packWorkspace(resolve(process.argv[2] ?? "dist"))) console.log(tarball);
}
