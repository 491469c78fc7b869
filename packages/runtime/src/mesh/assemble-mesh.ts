/** Puts a mesh together from its parts: the one place where store, servers, models and nodes meet. */
import { MESH_SERVER, type Plan, type RunEvent, RunPolicy, type RunPolicyInput } from "@agentmesh/core";
import type { Clock, ModelRole, Store, ToolSource } from "@agentmesh/ports";
import { CachingExecutor, type VersionedTools } from "../cache/caching-executor.ts";
import { CachingPlanner } from "../cache/caching-planner.ts";
import type { MeshCaching } from "../cache/configured-caching.ts";
import type { Nodes } from "../driver/nodes.ts";
import type { RunSignal } from "../driver/run-signal.ts";
import { SecretMask } from "../driver/secret-mask.ts";
import { systemClock } from "../driver/system-clock.ts";
import { MemoryLog } from "../log/memory-log.ts";
import { ModelPool, type OpenedModel } from "../models/model-pool.ts";
import { DefaultExecutor } from "../nodes/default-executor.ts";
import { DefaultRouter } from "../nodes/default-router.ts";
import { DefaultValidator } from "../nodes/default-validator.ts";
import type { ScopeRules } from "../registry/scope/tool-scope.ts";
import { LearnedShapes, type ShapeLearning } from "../registry/shapes/learned-shapes.ts";
import type { ToolPins } from "../registry/tool-pins.ts";
import { type AgentTool, ToolRegistry } from "../registry/tool-registry.ts";
import { ChildDesk } from "../workflows/child-desk.ts";
import type { WorkflowBook } from "../workflows/workflow-book.ts";
import { WorkflowToolSource, type WorkflowToolSourceParts } from "../workflows/workflow-tool-source.ts";
import { Mesh } from "./mesh.ts";
import { serversOf } from "./run-desk.ts";

/** How long a cancelled call may go on before it is given up, in milliseconds. */
export const CANCEL_GRACE_MS = 5_000;

export interface MeshAssembly {
  readonly store: Store;
  readonly sources: readonly ToolSource[];
  readonly models: ReadonlyMap<string, () => Promise<OpenedModel>>;
  readonly roles?: Readonly<Partial<Record<ModelRole, string>>>;
  /** Planner and composer have no default that needs nothing; the others have. */
  readonly nodes: Pick<Nodes, "planner" | "composer"> & Partial<Nodes>;
  /** Plans that tasks may use as `workflow:NAME`, and tools that they may use as `agent:NAME`. */
  readonly workflows?: WorkflowBook;
  readonly agents?: ReadonlyMap<string, AgentTool>;
  /** Tools that do the same, which tasks may use as `capability:NAME`. */
  readonly capabilities?: ReadonlyMap<string, readonly string[]>;
  /** Servers that are told where a call comes from; those of agents always are. */
  readonly contextServers?: readonly string[];
  readonly policy?: RunPolicyInput;
  readonly tenant?: string;
  /** Absent: a tool must only be the one that its plan was checked against. */
  readonly pins?: ToolPins;
  /** Absent: every run may use every tool. */
  readonly scopes?: ScopeRules | undefined;
  /** Where tools are pinned. */
  readonly lockFile?: string | undefined;
  /** Values that must never be stored or shown. */
  readonly secrets?: readonly string[];
  /** Absent: nothing is given again. */
  readonly caching?: MeshCaching | undefined;
  readonly clock?: Clock;
  readonly cancelGraceMs?: number;
  readonly observe?: (signal: RunSignal) => void;
  /** Told of the stored events of a run that goes on here. */
  readonly recall?: (events: readonly RunEvent[]) => void;
  /** The newest log records. */
  readonly log?: MemoryLog;
  /** Throws MeshError for a plan that cannot be run here, before a run of it exists. */
  readonly assertFits?: (plan: Plan) => void;
  /** Called once everything else is closed. */
  readonly close?: () => Promise<void>;
}

/** Throws ScopeServerError. */
export function assembleMesh(assembly: MeshAssembly): Mesh {
  const clock = assembly.clock ?? systemClock;
  const { store } = assembly;
  const policy = RunPolicy.parse(assembly.policy ?? {});
  const tenant = assembly.tenant ?? "default";
  const children = new ChildDesk({ store, clock, desk: () => mesh.desk });
  const shapes = shapesOf(assembly, (tool) => registry.identityOf(tool));
  const registry = registryOf({ ...assembly, shapes }, { children, clock, policy, tenant });
  const models = new ModelPool({ open: assembly.models, roles: assembly.roles ?? {} });
  const defaults = {
    router: new DefaultRouter(),
    executor: new DefaultExecutor(registry),
    validator: new DefaultValidator(),
  };
  const { observe = () => undefined } = assembly;
  const tools = versionedTools(registry, assembly.caching);
  const { nodes, follow } = withCaches({ ...defaults, ...assembly.nodes }, tools, assembly.caching);
  const services = {
    store,
    clock,
    nodes,
    tools: registry,
    models,
    mask: new SecretMask(assembly.secrets ?? []),
    children,
    shapes,
    cancelGraceMs: assembly.cancelGraceMs ?? CANCEL_GRACE_MS,
  };
  const mesh = new Mesh({
    services,
    registry,
    models,
    children,
    policy,
    tenant,
    log: assembly.log ?? new MemoryLog(0),
    observe: (signal) => {
      follow?.(signal);
      observe(signal);
    },
    versions: tools,
    lockFile: assembly.lockFile,
    recall: assembly.recall ?? (() => undefined),
    assertFits: assembly.assertFits ?? (() => undefined),
    close: assembly.close ?? (() => Promise.resolve()),
  });
  return mesh;
}

function shapesOf({ caching }: MeshAssembly, identityOf: ShapeLearning["identityOf"]): LearnedShapes | undefined {
  return caching?.learnsShapes === true ? new LearnedShapes({ cache: caching.cache, identityOf }) : undefined;
}

interface RegistryAssembly extends MeshAssembly {
  readonly shapes: LearnedShapes | undefined;
}

/** The servers, and the workflows as one more. */
function registryOf(
  assembly: RegistryAssembly,
  parts: Pick<WorkflowToolSourceParts, "children" | "clock" | "policy" | "tenant">,
): ToolRegistry {
  const { sources, workflows, agents = new Map<string, AgentTool>(), contextServers = [] } = assembly;
  const { capabilities = new Map<string, readonly string[]>() } = assembly;
  const { pins, scopes, shapes } = assembly;
  const serversOfWorkflow = (name: string): ReadonlySet<string> => serversOf(workflows?.get(name), registry);
  const own =
    workflows === undefined || workflows.size === 0
      ? []
      : [new WorkflowToolSource({ ...parts, workflows, serversOf: serversOfWorkflow })];
  const registry = new ToolRegistry([...sources, ...own], {
    agents,
    capabilities,
    contextServers: [...contextServers, ...[...agents.values()].map(({ server }) => server)],
    pins,
    scopes,
    shapes,
  });
  return registry;
}

interface CachingNodes {
  readonly nodes: Nodes;
  /** Wants to see every signal. */
  readonly follow?: (signal: RunSignal) => void;
}

function withCaches(nodes: Nodes, tools: VersionedTools, caching: MeshCaching | undefined): CachingNodes {
  if (caching === undefined) return { nodes };
  const { cache, tools: rules, plannerIdentity: identity } = caching;
  const executor = new CachingExecutor(nodes.executor, { cache, rules, tools });
  if (identity === undefined) return { nodes: { ...nodes, executor } };
  const planner = new CachingPlanner(nodes.planner, { cache, identity });
  return { nodes: { ...nodes, executor, planner }, follow: (signal) => planner.observe(signal) };
}

function versionedTools(registry: ToolRegistry, caching: MeshCaching | undefined): VersionedTools {
  return {
    find: (name) => registry.find(name),
    identityOf: (tool) => (tool.server === MESH_SERVER ? (caching?.executorIdentity ?? "") : registry.identityOf(tool)),
  };
}
