/**
 * A mesh as a service over MCP: `run`, its workflows and chosen tools as tools, its runs as resources, its workflows as prompts.
 * Every call is a run: planned or given, checked, journaled, held to the policy. Knows nothing of the protocol.
 */
import { isTerminal, type JsonObject, kindOfUse, type Plan, type ToolSpec } from "@agentmesh/core";
import { toolAlias } from "@agentmesh/mcp";
import type {
  McpService,
  Principal,
  ServedAnswer,
  ServedCall,
  ServedChange,
  ServedRequest,
  ServedTask,
  ServedTool,
} from "@agentmesh/mcp/server";
import { ServedNameError } from "@agentmesh/mcp/server";
import type { ExposeConfig } from "../config/expose-config.ts";
import type { RunSignal } from "../driver/run-signal.ts";
import type { Mesh } from "../mesh/mesh.ts";
import type { WorkflowBook } from "../workflows/workflow-book.ts";
import { CalmBell } from "./calm-bell.ts";
import { runCall } from "./run-call.ts";
import { readRunResource, RUN_TEMPLATES, runResources } from "./run-resources.ts";
import { runTask, taskName } from "./run-task.ts";
import { RUN_TOOL_NAME, RUN_WORK } from "./run-tool.ts";
import { runUri } from "./run-uri.ts";
import { ServedRuns } from "./served-runs.ts";
import type { ServedWork } from "./served-work.ts";
import { toolWork } from "./tool-work.ts";
import { commandsOf } from "./wait-questions.ts";
import { workflowPrompt, workflowPrompts } from "./workflow-prompts.ts";
import { usesOf, workflowWork } from "./workflow-work.ts";

/** A client that takes tasks gets one when the run takes longer, in milliseconds. */
const TASK_AFTER_MS = 1_000;
/** What is served besides `run`. */
const TOOLS_MAX = 1_000;
const KINDS_LISTED: ReadonlySet<string> = new Set(["tool", "workflow"]);
const INSTRUCTIONS = `AgentMesh runs checked, durable graphs of tool calls.
Call "run" with a goal in plain words; every other tool is one workflow or one tool.
A call may ask for approvals on the way. What it waits for is stored: a run that nobody answers can be approved later.
Resources agentmesh://runs/{run} and agentmesh://runs/{run}/trace tell what a run did.`;

export interface ServedMeshOptions {
  /** The mesh of a tenant; the same one each time. Rejects with MeshError when the tenant is none of this server's. */
  readonly meshFor: (tenant: string) => Promise<Mesh>;
  readonly expose: ExposeConfig;
  readonly workflows: WorkflowBook;
  /** Of AgentMesh. */
  readonly version: string;
  readonly taskAfterMs?: number;
  /** Runs of a tenant that were under way when their process died go on once it is served. Default: false. */
  readonly isRecovering?: boolean;
}

/** Signals that change what the resource of a run says in a way worth telling. */
const TELLING: ReadonlySet<RunSignal["type"]> = new Set([
  "run.suspended",
  "run.resumed",
  "plan.accepted",
  "plan.patched",
]);

export class ServedMesh implements McpService {
  readonly identity: McpService["identity"];
  readonly instructions = INSTRUCTIONS;
  readonly #options: ServedMeshOptions;
  /** By tenant. */
  readonly #runs = new Map<string, Promise<ServedRuns>>();
  readonly #listeners = new Map<(change: ServedChange) => void, string>();
  /** By the names under which they are served. */
  readonly #workflows: ReadonlyMap<string, Plan>;

  readonly resources: NonNullable<McpService["resources"]> = {
    list: async ({ principal }) => runResources((await this.#runsOf(principal)).mesh),
    templates: () => Promise.resolve(RUN_TEMPLATES),
    read: async (uri, { principal }) => readRunResource((await this.#runsOf(principal)).mesh, uri),
  };

  readonly prompts: NonNullable<McpService["prompts"]> = {
    list: () => Promise.resolve(workflowPrompts(this.#workflows)),
    get: (name, args) => Promise.resolve(workflowPrompt(this.#workflows, name, args)),
  };

  readonly tasks: NonNullable<McpService["tasks"]> = {
    get: (id, request) => this.#task(id, request),
    update: (id, answers, request) => this.#updateTask(id, answers, request),
    cancel: async (id, { principal }) => {
      const { run } = taskName(id);
      (await this.#runsOf(principal)).cancel(run, "cancelled by the client");
    },
  };

  constructor(options: ServedMeshOptions) {
    this.#options = options;
    this.identity = { name: "agentmesh", title: "AgentMesh", version: options.version };
    this.#workflows = servedWorkflows(options);
  }

  async tools({ principal }: Pick<ServedRequest, "principal">): Promise<readonly ServedTool[]> {
    return (await this.#works(principal)).map(({ tool }) => tool);
  }

  async callTool(tool: ServedTool, args: JsonObject, call: ServedCall): Promise<ServedAnswer> {
    const work = (await this.#works(call.principal)).find((each) => each.tool.name === tool.name);
    if (work === undefined) throw new ServedNameError("tool", tool.name);
    const { taskAfterMs = TASK_AFTER_MS } = this.#options;
    return runCall({ runs: await this.#runsOf(call.principal), work, args, call, taskAfterMs });
  }

  /** Serves a tenant before it asks: its runs go on now. Throws StoreError. */
  async open(tenant: string): Promise<void> {
    await this.#runsOf({ tenant });
  }

  onChange(tenant: string, listener: (change: ServedChange) => void): () => void {
    this.#listeners.set(listener, tenant);
    return () => this.#listeners.delete(listener);
  }

  async #works(principal: Principal): Promise<readonly ServedWork[]> {
    const { expose } = this.#options;
    const tools = await this.#specs(principal);
    const findTool = (name: string): ToolSpec | undefined => tools.get(name);
    const run = expose.run ? [RUN_WORK] : [];
    const workflows = [...this.#workflows].map(([name, plan]) => workflowWork(name, plan, findTool));
    const chosen = [...tools.values()].filter(({ server, name }) =>
      expose.tools.some((pattern) => pattern === name || pattern === `${server}.*`),
    );
    const taken = new Set([RUN_TOOL_NAME, ...this.#workflows.keys()]);
    const passed = chosen
      .map((spec) => toolWork(toolAlias(spec.name), spec))
      .filter(({ tool }) => !taken.has(tool.name));
    return [...run, ...[...workflows, ...passed].slice(0, TOOLS_MAX)];
  }

  /**
   * By name, what something served stands on. Nothing is asked for agents alone: one may be a mesh that waits for this list
   * before it gives its own.
   */
  async #specs(principal: Principal): Promise<ReadonlyMap<string, ToolSpec>> {
    const used = [...this.#workflows.values()].flatMap(usesOf).filter((use) => KINDS_LISTED.has(kindOfUse(use)));
    const allow = [...new Set([...used, ...this.#options.expose.tools])];
    if (allow.length === 0) return new Map();
    const { mesh } = await this.#runsOf(principal);
    return new Map((await mesh.tools({ tools: { allow } })).tools.map((spec) => [spec.name, spec]));
  }

  #runsOf({ tenant }: Pick<Principal, "tenant">): Promise<ServedRuns> {
    const known = this.#runs.get(tenant);
    if (known !== undefined) return known;
    const opened = this.#open(tenant);
    this.#runs.set(tenant, opened);
    opened.catch(() => this.#runs.delete(tenant));
    return opened;
  }

  async #open(tenant: string): Promise<ServedRuns> {
    const mesh = await this.#options.meshFor(tenant);
    mesh.onServer(() => this.#tell(tenant, { kind: "tools" }));
    const runsChanged = new CalmBell(() => this.#tell(tenant, { kind: "resources" }));
    const runs = new ServedRuns(mesh, (signal) => {
      // Each run is news to every client of the tenant.
      if (signal.type === "run.created") runsChanged.ask();
      this.#observe(tenant, signal);
    });
    if (this.#options.isRecovering === true) await runs.recover();
    return runs;
  }

  #observe(tenant: string, signal: RunSignal): void {
    const isQuestion = signal.type === "approval.requested" && signal.subject === "input";
    const isTelling = "seq" in signal && (isQuestion || TELLING.has(signal.type) || isTerminal(signal));
    if (isTelling) this.#tell(tenant, { kind: "resource", uri: runUri(signal.run) });
  }

  #tell(tenant: string, change: ServedChange): void {
    for (const [listener, of] of this.#listeners) if (of === tenant) listener(change);
  }

  async #task(id: string, { principal, client }: ServedRequest): Promise<ServedTask> {
    return runTask(await this.#runsOf(principal), { ...taskName(id), client });
  }

  async #updateTask(
    id: string,
    answers: Readonly<Record<string, unknown>>,
    { principal }: ServedRequest,
  ): Promise<void> {
    const { run } = taskName(id);
    const runs = await this.#runsOf(principal);
    const waits = (await runs.now(run))?.waits ?? [];
    for (const command of commandsOf(waits, answers)) await runs.send(run, command);
  }
}

/** A name that tools of servers could have, or `run` itself, is marked. */
function servedWorkflows({ workflows, expose }: ServedMeshOptions): ReadonlyMap<string, Plan> {
  const chosen = [...workflows].filter(([name]) => expose.workflows === "*" || expose.workflows.includes(name));
  return new Map(chosen.map(([name, plan]) => [servedName(name), plan]));
}

const NAME_CHARS_MAX = 64;

function servedName(workflow: string): string {
  const isPlain = workflow !== RUN_TOOL_NAME && !workflow.includes("__") && workflow.length <= NAME_CHARS_MAX;
  return isPlain ? workflow : toolAlias(`workflow.${workflow}`);
}
