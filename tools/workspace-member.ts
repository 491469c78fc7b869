/** The packages of the workspace, as the scripts see them. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const root = dirname(import.meta.dirname);

export interface WorkspaceMember {
  /** Path from the root, like `packages/core`. */
  readonly folder: string;
  readonly manifest: WorkspaceManifest;
}

export interface WorkspaceManifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

export function workspaceMembers(): WorkspaceMember[] {
  return globSync("{packages,adapters,apps}/*/package.json", { cwd: root })
    .toSorted()
    .map((file) => ({
      folder: dirname(file),
      manifest: JSON.parse(readFileSync(join(root, file), "utf8")) as WorkspaceManifest,
    }));
}
