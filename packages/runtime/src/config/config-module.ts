/** Runs a configuration that is written as a program: its default export, or what that function returns. */
import { pathToFileURL } from "node:url";
import { isJsonObject } from "@agentmesh/core";
import { ConfigModuleError } from "./config-module-error.ts";
import { plainJson } from "./plain-json.ts";
import { type SourcedValue, sourcedFrom } from "./sourced-value.ts";

/** `file`: absolute path of a file that the user named or put there. Throws ConfigModuleError. */
export async function loadConfigModule(file: string): Promise<SourcedValue> {
  const value = plainJson(await callExport(await importDefault(file), file));
  if (!value.isPlain) throw new ConfigModuleError(file, `gives no plain data: ${value.problem}`);
  if (!isJsonObject(value.json)) throw new ConfigModuleError(file, "gives no configuration object");
  return sourcedFrom(value.json, () => ({ kind: "file", file }));
}

async function importDefault(file: string): Promise<unknown> {
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new ConfigModuleError(file, "could not be run", error);
  }
  if (!Object.hasOwn(loaded, "default")) throw new ConfigModuleError(file, "has no default export");
  return loaded["default"];
}

async function callExport(value: unknown, file: string): Promise<unknown> {
  if (typeof value !== "function") return await value;
  try {
    return await (value as () => unknown)();
  } catch (error) {
    throw new ConfigModuleError(file, "could not be run: its function failed", error);
  }
}
