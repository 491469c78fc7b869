/** The mesh behind a command: the configuration that holds here, opened. */
import {
  type CassetteOption,
  ConfigError,
  type LoadedConfig,
  loadConfig,
  machineProbes,
  type Mesh,
  openMesh,
} from "@agentmesh/runtime";
import { UsageError } from "./arguments/usage-error.ts";
import type { CommandCall } from "./command-call.ts";

/** `config`: false for none at all. */
export interface SettingsChoice {
  readonly config: string | false | undefined;
  readonly store: string | undefined;
  /** `--no-cache`: nothing is given again. */
  readonly options?: ReadonlyMap<string, readonly string[]>;
}

/** Throws ConfigError. */
export function loadSettings({ config, store, options }: SettingsChoice): Promise<LoadedConfig> {
  return loadConfig({
    workingDirectory: process.cwd(),
    environment: process.env,
    probes: machineProbes(async (name) => (await import("./models/local-model.ts")).hasLocalModel(name)),
    ...(config === undefined ? {} : { file: config }),
    overrides: {
      ...(store === undefined ? {} : { store }),
      ...(options?.has("no-cache") === true ? { cache: { enabled: false } } : {}),
    },
  });
}

/** Dispose of it when the command is done. Throws ConfigError, StoreError, CassetteFileError. */
export async function openSession(call: CommandCall): Promise<Mesh> {
  const cassette = cassetteOf(call);
  return openMesh(await loadSettings(call), cassette === undefined ? {} : { cassette });
}

/** Throws UsageError. */
function cassetteOf({ options }: CommandCall): CassetteOption | undefined {
  const record = options.get("record")?.at(-1);
  const replay = options.get("cassette")?.at(-1);
  if (record !== undefined && replay !== undefined)
    throw new UsageError("Give either --record or --cassette.", "--record writes a cassette, --cassette plays one.");
  if (record !== undefined) return { file: record, mode: "record" };
  return replay === undefined ? undefined : { file: replay, mode: "replay" };
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
