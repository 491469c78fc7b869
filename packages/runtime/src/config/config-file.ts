/** Finds the configuration file and reads it, whatever its format. */
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ConfigAmbiguousError } from "./config-ambiguous-error.ts";
import { CONFIG_FILE_NAMES, formatOf } from "./config-file-name.ts";
import { loadConfigModule } from "./config-module.ts";
import { ConfigNotFoundError } from "./config-not-found-error.ts";
import { ConfigUnreadableError } from "./config-unreadable-error.ts";
import type { SourcedValue } from "./sourced-value.ts";

/** Bytes: thousands of servers. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The absolute path of the file that `directory` or the nearest folder above it holds. Throws ConfigAmbiguousError
 * when that folder holds two.
 */
export async function findConfigFile(directory: string): Promise<string | undefined> {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const found = await configFilesIn(folder);
    if (found.length > 1) throw new ConfigAmbiguousError(folder, found);
    if (found[0] !== undefined) return join(folder, found[0]);
    if (dirname(folder) === folder) return undefined;
  }
}

async function configFilesIn(folder: string): Promise<readonly string[]> {
  const areFiles = await Promise.all(CONFIG_FILE_NAMES.map((name) => isFile(join(folder, name))));
  return CONFIG_FILE_NAMES.filter((_, index) => areFiles[index]);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Whatever hides a name on the way up (no such file, no right to look) is no reason to stop.
    return false;
  }
}

/**
 * What a file says; every value with its line. `file`: absolute path. Runs it when it is a module. Throws
 * ConfigNotFoundError, ConfigUnreadableError, ConfigSyntaxError, ConfigModuleError.
 */
export async function readConfigFile(file: string): Promise<SourcedValue> {
  const format = formatOf(file);
  await requireFile(file);
  if (format === undefined) throw new ConfigUnreadableError(file, "unknown-extension");
  if (format === "module") return await loadConfigModule(file);
  const { parseConfigText } = await import("./config-text.ts"); // a mesh without a file needs no YAML
  return parseConfigText({ file, text: await readText(file), format });
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: unknown) => error);
  if (found instanceof Error) throw await accessError(file, found);
  const entry = found as Awaited<ReturnType<typeof stat>>;
  if (!entry.isFile()) throw new ConfigUnreadableError(file, "not-a-file");
  if (entry.size > FILE_BYTES_MAX) throw new ConfigUnreadableError(file, "too-large", `over ${FILE_BYTES_MAX} bytes`);
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch(async (error: unknown) => {
    throw await accessError(file, error);
  });
  try {
    // Drops a byte order mark.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replaceAll("\r\n", "\n");
  } catch {
    throw new ConfigUnreadableError(file, "not-text");
  }
}

async function accessError(file: string, error: unknown): Promise<Error> {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code !== "ENOENT" && code !== "ENOTDIR") return new ConfigUnreadableError(file, "denied", code);
  const names = await readdir(dirname(file)).catch((): string[] => []);
  return new ConfigNotFoundError(
    file,
    names.filter((name) => formatOf(name) !== undefined),
  );
}
