/** The repository as data: the packages of the workspace, their manifests and all files that people wrote. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The part of a package.json that the rules read. */
export interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** One package of the workspace. */
export interface Member {
  /** Like `packages/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

export interface Workspace {
  readonly root: Manifest;
  readonly members: readonly Member[];
  /** Projects with packages of their own, which an installation of the workspace leaves alone. */
  readonly apart?: readonly Member[];
}

/** Folders that hold packages, and folders of the root that hold code of our own. */
const MEMBER_FOLDERS = ["packages", "adapters", "apps"];
const ROOT_FOLDERS = ["tests", "tools", "examples", "bench", "docs", ".ci", ".github"];
const APART = ["bench/peers"];
const SKIPPED_FOLDERS = new Set(["node_modules", "dist", "coverage", ".agentmesh"]);

export function readWorkspace(rootFolder: string): Workspace {
  const members = MEMBER_FOLDERS.flatMap((folder) =>
    foldersIn(join(rootFolder, folder)).map((name) => `${folder}/${name}`),
  ).flatMap((folder) => {
    const manifest = readManifest(join(rootFolder, folder, "package.json"));
    return manifest === undefined ? [] : [{ folder, manifest }];
  });
  const apart = APART.flatMap((folder) => {
    const manifest = readManifest(join(rootFolder, folder, "package.json"));
    return manifest === undefined ? [] : [{ folder, manifest }];
  });
  return { root: readManifest(join(rootFolder, "package.json")) ?? { name: "" }, members, apart };
}

/** Every file that people wrote, as a path from the root with `/`. */
export function listFiles(rootFolder: string): string[] {
  const inRoot = readdirSync(rootFolder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  const below = [...MEMBER_FOLDERS, ...ROOT_FOLDERS].flatMap((folder) => walk(join(rootFolder, folder)));
  return [...inRoot, ...below.map((file) => relative(rootFolder, file).split(sep).join("/"))];
}

export function memberOf(path: string, { members }: Workspace): Member | undefined {
  return members.find(({ folder }) => path.startsWith(`${folder}/`));
}

function readManifest(file: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

function foldersIn(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

function walk(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : walk(path);
    return entry.isFile() ? [path] : [];
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
