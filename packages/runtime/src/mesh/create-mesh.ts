/** Opens a mesh from a configuration: what `createMesh` is given by a program, or `loadConfig` found for the command line. */
import type { Json } from "@agentmesh/core";
import type { Clock, Composer, Executor, Model, Planner, Router, Store, ToolSource, Validator } from "@agentmesh/ports";
import { type LocalTool, LocalToolSource, McpToolSource } from "@agentmesh/mcp";
import type { ModelContext } from "@agentmesh/models";
import { loadConfig, type LoadedConfig } from "../config/load-config.ts";
import type { MeshConfigInput } from "../config/mesh-config.ts";
import { modelNameOfRole } from "../config/model-roles.ts";
import { systemClock } from "../driver/system-clock.ts";
import { FileLog } from "../log/file-log.ts";
import { MemoryLog } from "../log/memory-log.ts";
import { RunLog } from "../log/run-log.ts";
import { openConfiguredModel, openedModel } from "../models/open-model.ts";
import type { OpenedModel } from "../models/model-pool.ts";
import { ChatComposer } from "../nodes/composer/chat-composer.ts";
import { CompletionComposer } from "../nodes/composer/completion/completion-composer.ts";
import { DefaultComposer } from "../nodes/composer/default-composer.ts";
import { ChatPlanner } from "../nodes/planner/chat-planner.ts";
import { CompletionPlanner } from "../nodes/planner/completion/completion-planner.ts";
import { DefaultPlanner } from "../nodes/planner/default-planner.ts";
import { MemoryStore } from "@agentmesh/store";
import { SqliteStore } from "@agentmesh/store/sqlite";
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

/** Throws ConfigError, StoreError. Connects to nothing yet. */
export async function createMesh(options: CreateMeshOptions = {}): Promise<Mesh> {
  const { tools, modelInstances, storeInstance, nodes, clock, configFile, ...rest } = options;
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
  });
}

/** Throws StoreError. */
export function openMesh(loaded: LoadedConfig, extras: MeshExtras = {}): Mesh {
  const { config } = loaded;
  const clock = extras.clock ?? systemClock;
  const store = extras.storeInstance ?? (config.store === MEMORY ? new MemoryStore() : new SqliteStore(config.store));
  const memory = new MemoryLog(config.log.memoryMax);
  const file = config.log.file === undefined ? undefined : new FileLog(config.log.file);
  const log = new RunLog({
    level: config.log.level,
    read: (payload) => payload.value ?? parsed(store.blob(payload.hash)),
    write: (record) => {
      memory.write(record);
      file?.write(record);
    },
  });
  return assembleMesh({
    store,
    clock,
    sources: [...configuredSources(loaded), ...localSources(extras)],
    models: openers(loaded, extras, clock),
    roles: rolesOf(loaded, extras),
    nodes: {
      planner: new DefaultPlanner({ chat: new ChatPlanner(), completion: new CompletionPlanner() }),
      composer: new DefaultComposer({ chat: new ChatComposer(), completion: new CompletionComposer() }),
      ...extras.nodes,
    },
    policy: config.policy,
    tenant: config.tenant,
    secrets: loaded.secrets,
    observe: (signal) => log.add(signal),
    recall: (events) => log.recall(events),
    log: memory,
    close: () => file?.close() ?? Promise.resolve(),
  });
}

function configuredSources({ config }: LoadedConfig): readonly ToolSource[] {
  return Object.entries(config.mcpServers).map(([server, each]) => new McpToolSource({ server, config: each }));
}

function localSources({ tools = [] }: MeshExtras): readonly ToolSource[] {
  if (isToolList(tools)) return tools.length === 0 ? [] : [new LocalToolSource({ server: LOCAL_SERVER, tools })];
  return Object.entries(tools).map(([server, each]) => new LocalToolSource({ server, tools: each }));
}

function isToolList(tools: NonNullable<MeshExtras["tools"]>): tools is readonly LocalTool[] {
  return Array.isArray(tools);
}

function openers(
  { config }: LoadedConfig,
  extras: MeshExtras,
  clock: Clock,
): ReadonlyMap<string, () => Promise<OpenedModel>> {
  const context: ModelContext = { environment: extras.environment ?? process.env, clock, random: Math.random };
  const instances = Object.entries(extras.modelInstances ?? {}).map(
    ([name, model]) => [name, () => Promise.resolve(openedModel(model, context))] as const,
  );
  const configured = Object.entries(config.models).map(
    ([name, model]) => [name, () => openConfiguredModel(model, context)] as const,
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
