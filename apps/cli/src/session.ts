/** The mesh behind a command: the configuration that holds here, opened. */
import { ConfigError, type LoadedConfig, loadConfig, machineProbes, type Mesh, openMesh } from "@agentmesh/runtime";
import type { CommandCall } from "./command-call.ts";

/** `config`: false for none at all. */
export interface SettingsChoice {
  readonly config: string | false | undefined;
  readonly store: string | undefined;
}

/** Throws ConfigError. */
export function loadSettings({ config, store }: SettingsChoice): Promise<LoadedConfig> {
  return loadConfig({
    workingDirectory: process.cwd(),
    environment: process.env,
    probes: machineProbes(async (name) => (await import("./models/local-model.ts")).hasLocalModel(name)),
    ...(config === undefined ? {} : { file: config }),
    ...(store === undefined ? {} : { overrides: { store } }),
  });
}

/** Dispose of it when the command is done. Throws ConfigError, StoreError. */
export async function openSession(call: CommandCall): Promise<Mesh> {
  return openMesh(await loadSettings(call));
}

/**
 * For commands that only read stored runs: with --store they work where the configuration does not, for instance because a
 * variable of it is not set. Throws ConfigError, StoreError.
 */
export async function openStoreSession(call: CommandCall): Promise<Mesh> {
  try {
    return await openSession(call);
  } catch (error) {
    if (!(error instanceof ConfigError) || call.store === undefined || call.config !== undefined) throw error;
    return openMesh(await loadSettings({ config: false, store: call.store }));
  }
}
