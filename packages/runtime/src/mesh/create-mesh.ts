/** Opens a mesh from a configuration: what `createMesh` is given by a program, or `loadConfig` found for the command line. */
import type { Json } from "@agentmesh/core";
import type { Clock, Composer, Executor, Model, Planner, Router, Store, ToolSource, Validator } from "@agentmesh/ports";
import { type LocalTool, LocalToolSource, McpToolSource } from "@agentmesh/mcp";
import { configuredCaching, type MeshCaching } from "../cache/configured-caching.ts";
import { loadConfig, type LoadedConfig } from "../config/load-config.ts";
import type { MeshConfig, MeshConfigInput } from "../config/mesh-config.ts";
import { modelNameOfRole } from "../config/model-roles.ts";
import { type CassetteOption, cassetteOption } from "../cassette/cassette-option.ts";
import { type MeshCassette, openCassette } from "../cassette/mesh-cassette.ts";
import { SecretMask } from "../driver/secret-mask.ts";
import { systemClock } from "../driver/system-clock.ts";
import { FileLog } from "../log/file-log.ts";
import type { ScopeRules } from "../registry/scope/tool-scope.ts";
import { ToolPins } from "../registry/tool-pins.ts";
import { lockFileOf } from "../registry/lock/lock-file-path.ts";
import { readLockFile } from "../registry/lock/lock-file.ts";
import { MemoryLog } from "../log/memory-log.ts";
import { RunLog } from "../log/run-log.ts";
import { openConfiguredModel, openedModel, type OpeningContext, recordedModel } from "../models/open-model.ts";
import type { OpenedModel } from "../models/model-pool.ts";
import { defaultNodes } from "../nodes/default-nodes.ts";
import { MemoryStore } from "@agentmesh/store";
import { SqliteStore } from "@agentmesh/store/sqlite";
import type { AgentTool } from "../registry/tool-registry.ts";
import { assembleMesh } from "./assemble-mesh.ts";
import type { Mesh } from "./mesh.ts";

/** What only a program can give: functions, objects, parts of its own. */
export interface MeshExtras {
  /** Functions as tools: a list is served as `local.NAME`, an object by its own server names. */
  readonly tools?: readonly LocalTool[] | Readonly<Record<string, readonly LocalTool[]>>;
  /** Ready models by name, over those of the configuration. */
  readonly modelInstances?: Readonly<Record<string, Model>>;
  /** Parts of the pipeline that replace the default ones. */
  readonly nodes?: {
    readonly planner?: Planner;
    readonly router?: Router;
    readonly executor?: Executor;
    readonly validator?: Validator;
    readonly composer?: Composer;
  };
  /** An open store in place of the configured one, such as a PostgresStore; closed with the mesh. */
  readonly storeInstance?: Store;
  /** A file that the traffic of servers and models is recorded to, or that stands for them; a name alone is replayed. */
  readonly cassette?: string | CassetteOption;
  readonly clock?: Clock;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The configuration as a program gives it; `configFile` adds one from a file below it. */
export interface CreateMeshOptions extends Partial<MeshConfigInput>, MeshExtras {
  readonly configFile?: string;
}

/** A store that ends with the process. */
const MEMORY = ":memory:";
/** The server name of tools that are given as a list. */
const LOCAL_SERVER = "local";

/** Throws ConfigError, StoreError, CassetteFileError. Connects to nothing yet. */
export async function createMesh(options: CreateMeshOptions = {}): Promise<Mesh> {
  const { tools, modelInstances, storeInstance, nodes, clock, cassette, configFile, ...rest } = options;
  const { environment = process.env, ...overrides } = rest;
  const loaded = await loadConfig({
    workingDirectory: process.cwd(),
    file: configFile ?? false,
    environment,
    overrides,
  });
  return openMesh(loaded, {
    environment,
    ...(tools === undefined ? {} : { tools }),
    ...(modelInstances === undefined ? {} : { modelInstances }),
    ...(storeInstance === undefined ? {} : { storeInstance }),
    ...(nodes === undefined ? {} : { nodes }),
    ...(clock === undefined ? {} : { clock }),
    ...(cassette === undefined ? {} : { cassette }),
  });
}

/** Throws StoreError, CassetteFileError, LockFileError, ScopeServerError. */
export function openMesh(loaded: LoadedConfig, extras: MeshExtras = {}): Mesh {
  const { config } = loaded;
  const cassette = cassetteOf(loaded, extras);
  const clock = extras.clock ?? systemClock;
  const store = extras.storeInstance ?? openStore(config.store);
  const memory = new MemoryLog(config.log.memoryMax);
  const file = config.log.file === undefined ? undefined : new FileLog(config.log.file);
  const log = new RunLog({
    level: config.log.level,
    read: (payload) => payload.value ?? parsed(store.blob(payload.hash)),
    write: (record) => {
      memory.write(record);
      file?.write(record());
    },
  });
  const local = localSources(extras);
  const roles = cassette?.player?.roles ?? rolesOf(loaded, extras);
  const surroundings = { store, clock, roles, instances: extras.modelInstances };
  // A cassette holds every call.
  const caching = cassette === undefined ? configuredCaching(loaded, surroundings) : undefined;
  return assembleMesh({
    store,
    clock,
    caching,
    sources: [...(cassette?.player?.sources() ?? configuredSources(loaded, cassette)), ...local],
    models: openers(loaded, extras, { clock, cassette, caching }),
    roles,
    nodes: {
      ...defaultNodes(),
      ...extras.nodes,
    },
    workflows: loaded.workflows,
    agents: agentsOf(config),
    capabilities: new Map(Object.entries(config.capabilities)),
    contextServers: contextServers(config),
    policy: config.policy,
    tenant: config.tenant,
    pins: pinsOf(loaded),
    scopes: scopesOf(loaded, cassette),
    lockFile: lockFileOf(loaded),
    secrets: loaded.secrets,
    observe: (signal) => {
      cassette?.observe(signal);
      log.add(signal);
    },
    recall: (events) => log.recall(events),
    log: memory,
    assertFits: (plan) => cassette?.assertFits(plan),
    close: async () => {
      await file?.close();
      cassette?.finish(roles);
    },
  });
}

/** A cassette only has the servers that were used. */
function scopesOf({ config }: LoadedConfig, cassette: MeshCassette | undefined): ScopeRules {
  const { domains, tenants, tenant: name } = config;
  const rule = Object.hasOwn(tenants, name) ? tenants[name] : undefined;
  const areServersKnown = cassette?.player === undefined;
  return { domains, areServersKnown, ...(rule === undefined ? {} : { tenant: { name, rule } }) };
}

/** Throws LockFileError. */
function pinsOf(loaded: LoadedConfig): ToolPins {
  const file = lockFileOf(loaded);
  const lock = file === undefined ? undefined : readLockFile(file);
  return new ToolPins({
    drift: loaded.config.pinning.drift,
    ...(file === undefined || lock === undefined ? {} : { lock: { file, lock } }),
  });
}

function agentsOf({ agents }: MeshConfig): ReadonlyMap<string, AgentTool> {
  return new Map(
    Object.entries(agents).map(([name, { server, tool, effect }]) => [
      name,
      { server, tool, ...(effect === undefined ? {} : { effect }) },
    ]),
  );
}

function contextServers({ mcpServers }: MeshConfig): readonly string[] {
  return Object.entries(mcpServers).flatMap(([name, { trust }]) => (trust.context ? [name] : []));
}

function openStore(path: string): Store {
  return path === MEMORY ? new MemoryStore() : new SqliteStore(path);
}

function cassetteOf({ secrets }: LoadedConfig, extras: MeshExtras): MeshCassette | undefined {
  if (extras.cassette === undefined) return undefined;
  const others = new Set(localSources(extras).map(({ server }) => server));
  return openCassette(cassetteOption(extras.cassette), { mask: new SecretMask(secrets), others });
}

function configuredSources({ config }: LoadedConfig, cassette: MeshCassette | undefined): readonly ToolSource[] {
  const sources = Object.entries(config.mcpServers).map(
    ([server, each]) => new McpToolSource({ server, config: each, canAsk: config.policy.inputExpiresMs !== 0 }),
  );
  return cassette === undefined ? sources : sources.map((source) => cassette.source(source));
}

function localSources({ tools = [] }: MeshExtras): readonly ToolSource[] {
  if (isToolList(tools)) return tools.length === 0 ? [] : [new LocalToolSource({ server: LOCAL_SERVER, tools })];
  return Object.entries(tools).map(([server, each]) => new LocalToolSource({ server, tools: each }));
}

function isToolList(tools: NonNullable<MeshExtras["tools"]>): tools is readonly LocalTool[] {
  return Array.isArray(tools);
}

type Openers = ReadonlyMap<string, () => Promise<OpenedModel>>;

interface ModelSurroundings {
  readonly clock: Clock;
  readonly cassette: MeshCassette | undefined;
  readonly caching: MeshCaching | undefined;
}

function openers(
  { config }: LoadedConfig,
  extras: MeshExtras,
  { clock, cassette, caching }: ModelSurroundings,
): Openers {
  const context = (name: string): OpeningContext => ({
    environment: extras.environment ?? process.env,
    clock,
    random: Math.random,
    ...(cassette === undefined ? {} : { tap: (model, caller) => cassette.model(model, { name, caller }) }),
    answers: caching?.answers,
  });
  const player = cassette?.player;
  if (player !== undefined)
    return new Map(
      player.models.map((name) => [name, () => Promise.resolve(recordedModel(player.model(name), context(name)))]),
    );
  const instances = Object.entries(extras.modelInstances ?? {}).map(
    ([name, model]) => [name, () => Promise.resolve(openedModel(model, context(name)))] as const,
  );
  const configured = Object.entries(config.models).map(
    ([name, model]) => [name, () => openConfiguredModel(model, context(name))] as const,
  );
  return new Map([...instances, ...configured.filter(([name]) => extras.modelInstances?.[name] === undefined)]);
}

/** A program that gives models of its own without roles means them; the configuration's roles come after. */
function rolesOf({ config }: LoadedConfig, { modelInstances }: MeshExtras): Readonly<Record<string, string>> {
  const [first] = Object.keys(modelInstances ?? {});
  const roles = (["router", "planner", "validator", "composer", "executor"] as const).flatMap((role) => {
    const name = config.roles[role] ?? first ?? modelNameOfRole(config, role);
    return name === undefined ? [] : [[role, name] as const];
  });
  return Object.fromEntries(roles);
}

function parsed(text: string | undefined): Json | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Json);
}
