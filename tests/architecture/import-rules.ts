/** Imports point down and inward only, by name, and every one of them is declared. */
import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { Breach } from "./breach.ts";
import { isTest, type SourceFile } from "./source-file.ts";
import type { Manifest, Workspace } from "./workspace.ts";

/** What each floor may import, first match wins. An app may import everything: it is where everything meets. */
const FLOORS: readonly { readonly folder: RegExp; readonly mayImport: RegExp }[] = [
  { folder: /^packages\/core$/, mayImport: /^$/ },
  // what checks the others' work shares nothing with them
  { folder: /^packages\/verify$/, mayImport: /^$/ },
  { folder: /^packages\/ports$/, mayImport: /^packages\/core$/ },
  { folder: /^packages\/(mcp|models)$/, mayImport: /^packages\/(core|ports)$/ },
  { folder: /^packages\/store$/, mayImport: /^packages\/(core|ports)$/ },
  { folder: /^packages\/runtime$/, mayImport: /^packages\/(core|ports|mcp|models|store)$/ },
  { folder: /^adapters\//, mayImport: /^packages\/(core|ports|store)$/ },
  { folder: /^apps\//, mayImport: /^/ },
];

/**
 * The only ways in besides a package's own name: the contract suites of ports, the store that needs node:sqlite, the
 * planner, which the runtime's face loads late, what serves MCP, which few need and takes long to load, and the part of zod
 * that comes with the core.
 */
const PUBLIC_SUBPATHS = new Set([
  "@agentmesh/core/zod",
  "@agentmesh/ports/testing",
  "@agentmesh/store/sqlite",
  "@agentmesh/runtime/planner",
  "@agentmesh/mcp/server",
  "@agentmesh/runtime/served",
]);

export function importBreaches(source: SourceFile, workspace: Workspace): Breach[] {
  return source.imports.flatMap((specifier) => {
    if (specifier.startsWith(".")) return relativeBreaches(source, specifier, workspace);
    if (isBuiltin(specifier)) return [];
    return [...floorBreaches(source, specifier, workspace), ...declarationBreaches(source, specifier, workspace)];
  });
}

/** The manifests say the same as the imports: no package declares one of a floor above or beside it. */
export function manifestFloorBreaches({ members }: Workspace): Breach[] {
  return members.flatMap((member) =>
    members
      .filter(({ manifest }) => declares(member.manifest, manifest.name))
      .filter(({ folder }) => !mayImport(member.folder, folder))
      .map(({ manifest }) => ({
        rule: "floors",
        file: `${member.folder}/package.json`,
        detail: `declares ${manifest.name}, which is not below it`,
      })),
  );
}

function relativeBreaches({ path, member }: SourceFile, specifier: string, { members }: Workspace): Breach[] {
  const target = posix.join(posix.dirname(path), specifier);
  const isInside = member === undefined ? true : target.startsWith(`${member.folder}/`);
  const entered = members.find(({ folder }) => folder !== member?.folder && target.startsWith(`${folder}/`));
  // A launcher is a script, not a part of its package's face: our own scripts may use it by its path.
  if (member === undefined && entered !== undefined && target.startsWith(`${entered.folder}/bin/`)) return [];
  if (isInside && entered === undefined) return [];
  return [{ rule: "one door", file: path, detail: `imports ${specifier}: a package is imported by its name` }];
}

function floorBreaches({ path, member }: SourceFile, specifier: string, { members }: Workspace): Breach[] {
  const target = members.find(({ manifest }) => manifest.name === packageOf(specifier));
  if (target === undefined) return [];
  const breaches: Breach[] = [];
  if (specifier !== target.manifest.name && !PUBLIC_SUBPATHS.has(specifier)) {
    breaches.push({ rule: "one door", file: path, detail: `imports ${specifier}: only its index is public` });
  }
  if (member !== undefined && member !== target && !mayImport(member.folder, target.folder)) {
    breaches.push({ rule: "floors", file: path, detail: `imports ${specifier}, which is not below it` });
  }
  return breaches;
}

function declarationBreaches({ path, member }: SourceFile, specifier: string, workspace: Workspace): Breach[] {
  const name = packageOf(specifier);
  if (isDeclared(name, path, { member: member?.manifest, workspace })) return [];
  const manifest = member === undefined ? "package.json" : `${member.folder}/package.json`;
  return [{ rule: "declared", file: path, detail: `imports ${name}, which ${manifest} does not declare` }];
}

interface Manifests {
  readonly member: Manifest | undefined;
  readonly workspace: Workspace;
}

/** Tests also use the tools of the root; folders of the root also use every package of the workspace. */
function isDeclared(name: string, path: string, { member, workspace }: Manifests): boolean {
  const { root, members, apart = [] } = workspace;
  const isOurs = members.some(({ manifest }) => manifest.name === name);
  const project = apart.find(({ folder }) => path.startsWith(`${folder}/`));
  if (project !== undefined) return isOurs || declares(project.manifest, name);
  if (member === undefined) return isOurs || declares(root, name);
  if (declares(member, name) || member.name === name) return true;
  return isTest(path) && !isOurs && (Object.hasOwn(member.devDependencies ?? {}, name) || declares(root, name, "dev"));
}

function declares(manifest: Manifest, name: string, kind: "any" | "dev" = "any"): boolean {
  const { dependencies, optionalDependencies, peerDependencies, devDependencies } = manifest;
  const run = kind === "dev" ? [] : [dependencies, optionalDependencies, peerDependencies];
  const isRoot = manifest.name === "agentmesh-workspace";
  return [...run, ...(isRoot ? [devDependencies] : [])].some((section) => Object.hasOwn(section ?? {}, name));
}

function mayImport(from: string, to: string): boolean {
  return FLOORS.find(({ folder }) => folder.test(from))?.mayImport.test(to) ?? false;
}

/** `@scope/name/sub/path` -> `@scope/name` */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
