/** `node tools/pack.ts [FOLDER]`: builds every package and writes its tarball, as it would be published, to a folder. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { packedManifest } from "./packed-manifest.ts";
import { runCommand } from "./run-command.ts";
import { root, type WorkspaceMember, workspaceMembers } from "./workspace-member.ts";

/** What no tarball needs; npm's `files` decides about the rest. */
const LEFT_BEHIND = new Set(["node_modules", "src", "test", ".tsbuildinfo", "tsconfig.json"]);

export interface PackedMember extends WorkspaceMember {
  readonly tarball: string;
}

export function packWorkspace(folder: string): PackedMember[] {
  const members = workspaceMembers();
  build(members);
  mkdirSync(folder, { recursive: true });
  return members.map((member) => ({ ...member, tarball: packMember(member, folder) }));
}

/** From nothing, so that no file of a source that is gone gets into a tarball. */
function build(members: readonly WorkspaceMember[]): void {
  for (const { folder } of members) rmSync(join(root, folder, "dist"), { recursive: true, force: true });
  runCommand("tsc", ["-b", ...members.map(({ folder }) => folder)], { cwd: root });
}

function packMember({ folder, manifest }: WorkspaceMember, target: string): string {
  const stage = mkdtempSync(join(tmpdir(), "agentmesh-pack-"));
  try {
    cpSync(join(root, folder), stage, { recursive: true, filter: (path) => !LEFT_BEHIND.has(basename(path)) });
    cpSync(join(root, "LICENSE"), join(stage, "LICENSE"));
    writeFileSync(join(stage, "package.json"), `${JSON.stringify(packedManifest(manifest), null, 2)}\n`);
    const output = runCommand("npm", ["pack", "--json", "--pack-destination", resolve(target)], { cwd: stage });
    const [packed] = Object.values(JSON.parse(output) as Record<string, { readonly filename: string }>);
    return join(target, packed?.filename ?? "");
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  for (const { tarball } of packWorkspace(resolve(process.argv[2] ?? "dist"))) console.log(tarball);
}
