/** Relative paths in a configuration are meant from where they were written: from its folder, or from where one stands. */
import { isAbsolute, resolve } from "node:path";
import type { ConfigOrigin } from "./config-origin.ts";
import type { ConfigPath } from "./config-path.ts";
import { mapSourced, type SourcedValue } from "./sourced-value.ts";

export interface PathBases {
  /** Folder of the configuration file; the working directory without one. Absolute. */
  readonly directory: string;
  /** Absolute. */
  readonly workingDirectory: string;
}

/** Settings that hold a path; `*` is any name. */
const PATH_SETTINGS: readonly (readonly string[])[] = [
  ["store"],
  ["log", "file"],
  ["pinning", "lockFile"],
  ["workflows", "*"],
  ["serve", "tls", "*"],
  ["mcpServers", "*", "cwd"],
  ["mcpServers", "*", "tls", "ca"],
  ["mcpServers", "*", "tls", "cert"],
  ["mcpServers", "*", "tls", "key"],
  ["mcpServers", "*", "roots", "*"],
  ["models", "*", "model"],
];

/** SQLite's name for a store without a file. */
const IN_MEMORY = ":memory:";

/** The text of a certificate or a key, where its path could stand. */
const PEM = /^\s*-----BEGIN /;

/** The same with absolute paths. A name of a model is a path only when it begins with a dot and a slash. */
export function resolvePaths(tree: SourcedValue, bases: PathBases): SourcedValue {
  return mapSourced(tree, (leaf, path) => {
    const { value, origin } = leaf;
    if (typeof value !== "string" || value === "" || !isRelativePath(value, path)) return leaf;
    return { origin, value: resolve(baseOf(origin, bases), value) };
  });
}

function isRelativePath(value: string, path: ConfigPath): boolean {
  const isSetting = PATH_SETTINGS.some(
    (setting) => setting.length === path.length && setting.every((part, index) => part === "*" || part === path[index]),
  );
  if (!isSetting || isAbsolute(value) || value === IN_MEMORY || PEM.test(value)) return false;
  return path[0] !== "models" || /^\.\.?[\\/]/.test(value);
}

function baseOf({ kind }: ConfigOrigin, { directory, workingDirectory }: PathBases): string {
  return kind === "environment" || kind === "option" ? workingDirectory : directory;
}
