/**
 * The manifest that a published package carries. In the repository `exports` name TypeScript sources, so that nothing
 * needs a build; Node refuses to strip types below node_modules, so the packed manifest names the build in `dist`.
 */
import type { WorkspaceManifest } from "./workspace-member.ts";

/** What only the repository needs. */
const REPOSITORY_KEYS = new Set(["devDependencies", "scripts", "private"]);
const SOURCE = /^\.\/src\/(.+)\.ts$/;

export function packedManifest(manifest: WorkspaceManifest): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([key]) => !REPOSITORY_KEYS.has(key));
  const exports = Object.entries(manifest.exports).map(([subpath, target]) => [subpath, builtTarget(target)]);
  return { ...Object.fromEntries(kept), exports: Object.fromEntries(exports) as unknown };
}

/** `./src/index.ts` -> its build and its types; anything else (a JSON file) stays. */
function builtTarget(target: string): string | { readonly types: string; readonly default: string } {
  const name = SOURCE.exec(target)?.[1];
  return name === undefined ? target : { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` };
}
