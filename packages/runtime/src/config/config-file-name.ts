/** How a configuration file is named, and what its name says about it. */
import { extname } from "node:path";

export const CONFIG_FILE_EXTENSIONS = [".ts", ".mts", ".js", ".mjs", ".yaml", ".yml", ".json"] as const;

/** All of equal rank: two in one folder are an error. */
export const CONFIG_FILE_NAMES: readonly string[] = CONFIG_FILE_EXTENSIONS.map(
  (extension) => `agentmesh.config${extension}`,
);

export type ConfigFormat = "module" | "yaml" | "json";

const FORMATS: Readonly<Record<(typeof CONFIG_FILE_EXTENSIONS)[number], ConfigFormat>> = {
  ".ts": "module",
  ".mts": "module",
  ".js": "module",
  ".mjs": "module",
  ".yaml": "yaml",
  ".yml": "yaml",
  ".json": "json",
};

/** Undefined when the extension is none of ours. */
export function formatOf(file: string): ConfigFormat | undefined {
  const extension = CONFIG_FILE_EXTENSIONS.find((known) => known === extname(file));
  return extension === undefined ? undefined : FORMATS[extension];
}
