/**
 * The configuration of a mesh (DESIGN 10): what `agentmesh.config.*` holds and `createMesh` takes. Strict: a key that
 * is not known is a mistake. What keys say together (a role and its model) is checked where the layers meet.
 */
import { MESH_SERVER, RunPolicy, TASK_ID, ToolEffect, ToolFilter } from "@agentmesh/core";
import { McpServerConfig } from "@agentmesh/mcp";
import { ModelConfig } from "@agentmesh/models";
import * as z from "@agentmesh/core/zod";
import { WORKFLOW_SERVER } from "../workflows/workflow-spec.ts";
import { CacheConfig } from "./cache-config.ts";
import { ExposeConfig } from "./expose-config.ts";
import { ServeConfig } from "./serve-config.ts";

const DEFAULT_STORE = ".agentmesh/store.db";
const DEFAULT_TENANT = "default";
/** Log entries that are kept in memory when nothing else is said: some megabytes at most. */
const DEFAULT_LOG_ENTRIES = 1_000;
const LOG_ENTRIES_MAX = 1_000_000;

const MODEL_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;
const TENANT = /^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$/;

const ModelName = z.string().regex(MODEL_NAME, "Use letters, digits, _ . : and -, beginning with a letter or _.");
const ServerName = z
  .string()
  .regex(TASK_ID, "Use letters, digits, _ and -, beginning with a letter or _: plans address its tools by this name.")
  .refine((name) => name !== MESH_SERVER && name !== WORKFLOW_SERVER, "This name belongs to the built-in tools.");

/** Whether it is a plan is looked at when it is read. */
const WorkflowDocument = z.looseObject({});

const AgentConfig = z.strictObject({
  server: z.string().min(1).describe("The name of its server under mcpServers."),
  tool: z.string().min(1).default("run").describe("The tool that takes a goal, by the server's own name."),
  effect: ToolEffect.optional().describe("What a call may do to the world, whatever the server says."),
});

const RoleModel = z.string().min(1).optional();

export const RolesConfig = z.strictObject({
  router: RoleModel.describe("Binds tasks to tools."),
  planner: RoleModel.describe("Writes plans."),
  validator: RoleModel.describe("Judges results."),
  composer: RoleModel.describe("Writes the answer."),
  executor: RoleModel.describe("Answers mesh.generate tasks."),
});
export type RolesConfig = z.output<typeof RolesConfig>;

export const LogLevel = z.enum(["error", "warn", "info", "debug"]);
export type LogLevel = z.infer<typeof LogLevel>;

const LogConfig = z.strictObject({
  level: LogLevel.default("info"),
  file: z.string().min(1).optional().describe("Every entry as a line of JSON; relative to the configuration file."),
  memoryMax: z.int().min(0).max(LOG_ENTRIES_MAX).default(DEFAULT_LOG_ENTRIES).describe("Entries kept in memory."),
});

const ScopeName = z.string().regex(TASK_ID, "Use letters, digits, _ and -, beginning with a letter or _.");
const ScopeConfig = z.strictObject({
  servers: z.array(z.string()).optional().describe("Only these servers; absent: all."),
  tools: ToolFilter.optional().describe("Names of tools, SERVER.TOOL; * stands for any characters."),
});

const ToolName = z.string().regex(/^[^.\s*:]+\.[^\s*]+$/, "Name a tool as SERVER.TOOL.");
/** Tools of one capability. */
const CAPABLE_MAX = 16;

const PinningConfig = z.strictObject({
  drift: z
    .enum(["stop", "allow"])
    .default("stop")
    .describe("stop: a tool that changed since its plan was checked, or is not as in the lock file, is not called."),
  lockFile: z
    .string()
    .min(1)
    .optional()
    .describe("Written by agentmesh tools lock. Default: agentmesh.lock.json beside the configuration file."),
});

export const MeshConfig = z.strictObject({
  $schema: z.string().optional().describe("For editors; means nothing here."),
  models: z
    .record(ModelName, ModelConfig)
    .default({})
    .describe("Models by the name that roles use. Without any, what this machine offers is used."),
  roles: RolesConfig.default({}).describe(
    'Which model serves which node. A role without one uses the model named "default", else the first.',
  ),
  mcpServers: z
    .record(ServerName, McpServerConfig)
    .default({})
    .describe("The shape that other MCP hosts use: an existing block can be pasted in."),
  domains: z
    .record(ScopeName, ScopeConfig)
    .default({})
    .describe("Parts of the tools by name: a run in a domain sees these only."),
  tenants: z
    .record(z.string().regex(TENANT), ScopeConfig)
    .default({})
    .describe("What the runs of a tenant may use, whatever their domain."),
  pinning: PinningConfig.prefault({}).describe("What becomes of a tool that is not the one that was agreed on."),
  workflows: z
    .record(ServerName, z.union([z.string().min(1), WorkflowDocument]))
    .default({})
    .describe("Plans by name, for tasks that use workflow:NAME: the path of a plan in JSON, or the plan."),
  agents: z
    .record(ServerName, AgentConfig)
    .default({})
    .describe("Tools that take a goal and have runs of their own, for tasks that use agent:NAME."),
  capabilities: z
    .record(ServerName, z.array(ToolName).min(1).max(CAPABLE_MAX))
    .default({})
    .describe("Tools that do the same, for tasks that use capability:NAME: the preferred first, the others stand by."),
  expose: ExposeConfig.prefault({}).describe("What is served to others over MCP."),
  serve: ServeConfig.prefault({}).describe("Where agentmesh serve listens."),
  policy: RunPolicy.prefault({}).describe("What runs may do."),
  cache: CacheConfig.prefault({}).describe("What may be given again in place of a call."),
  store: z
    .string()
    .min(1)
    .default(DEFAULT_STORE)
    .describe("Where runs are kept: one SQLite file; relative to the configuration file."),
  tenant: z
    .string()
    .regex(TENANT, "Use at most 128 letters, digits, _ . @ and -.")
    .default(DEFAULT_TENANT)
    .describe("Whom runs belong to when nobody says."),
  log: LogConfig.prefault({}),
});
/** Parsed, with every default. Its strings may be secrets: never shown as a whole. */
export type MeshConfig = z.output<typeof MeshConfig>;
/** What a user writes. */
export type MeshConfigInput = z.input<typeof MeshConfig>;
