/** The mesh behind a command: the configuration that holds here, opened. */
import { type LoadedConfig, loadConfig, type Mesh, openMesh } from "@agentmesh/runtime";
import type { CommandCall } from "./command-call.ts";

/** Throws ConfigError. */
export function loadSettings({ config, store }: CommandCall): Promise<LoadedConfig> {
  return loadConfig({
    workingDirectory: process.cwd(),
    environment: process.env,
    ...(config === undefined ? {} : { file: config }),
    ...(store === undefined ? {} : { overrides: { store } }),
  });
}

/** Dispose of it when the command is done. Throws ConfigError, StoreError. */
export async function openSession(call: CommandCall): Promise<Mesh> {
  return openMesh(await loadSettings(call));
}
