/** The tools of a mesh: every server behind one proxy type, discovered in parallel, and none that can stop the others. */
import {
  kindOfUse,
  MESH_TOOLS,
  type RunScope,
  serverOfUse,
  type ToolBinding,
  type ToolEffect,
  type ToolSpec,
} from "@agentmesh/core";
import { type CallObserver, McpToolProxy, toolAlias } from "@agentmesh/mcp";
import type { ServerStatus, ToolSource } from "@agentmesh/ports";
import type { ScopedDirectory, ToolDirectory } from "../driver/run-services.ts";
import { ScopeServerError } from "./scope/scope-server-error.ts";
import { ScopedTools } from "./scope/scoped-tools.ts";
import { type ScopeRules, ToolScope } from "./scope/tool-scope.ts";
import { type BreakerState, CallHealth } from "./call-health.ts";
import type { CatalogueServer, CatalogueTool, ServerCollision } from "./tool-catalogue.ts";
import type { LearnedShapes } from "./shapes/learned-shapes.ts";
import { ToolPins } from "./tool-pins.ts";

/** How many tools are remembered, gone ones among them. */
const BEFORE_MAX = 20_000;

/** How many narrowings are kept at hand. */
const SCOPES_MAX = 1_000;

export interface RegistryOptions {
  /** By the name that `agent:NAME` uses. */
  readonly agents?: ReadonlyMap<string, AgentTool>;
  /** By name: tools that do the same, the preferred first. */
  readonly capabilities?: ReadonlyMap<string, readonly string[]>;
  /** Servers that are told where a call comes from. */
  readonly contextServers?: Iterable<string>;
  readonly pins?: ToolPins | undefined;
  /** Absent: nothing is learned of what tools put out. */
  readonly shapes?: LearnedShapes | undefined;
  /** Absent: every run may use every tool. */
  readonly scopes?: ScopeRules | undefined;
}

export type ServerListener = (status: ServerStatus) => void;

/** A tool of a server that works like an agent: it is given a goal, and has runs of its own. */
export interface AgentTool {
  readonly server: string;
  readonly tool: string;
  /** What a call may do to the world, if the operator knows better than the server. */
  readonly effect?: ToolEffect;
}

export class ToolRegistry implements ScopedDirectory {
  readonly #sources: ReadonlyMap<string, ToolSource>;
  readonly #listeners = new Set<ServerListener>();
  /** Names of servers that are no functions of this program. */
  readonly #remote: ReadonlySet<string>;
  readonly #pins: ToolPins;
  readonly #shapes: LearnedShapes | undefined;
  #proxies: ReadonlyMap<string, McpToolProxy> | undefined;
  /** The last ones, to see which have changed. */
  #before: ReadonlyMap<string, McpToolProxy> = new Map();

  /** By the names of tools and of servers, which hold no dot; of those that were called. */
  readonly #health = new Map<string, CallHealth>();
  readonly #agents: ReadonlyMap<string, AgentTool>;
  readonly #capabilities: ReadonlyMap<string, readonly string[]>;
  readonly #contextServers: ReadonlySet<string>;
  readonly #scopes: ScopeRules;
  readonly #scoped = new Map<string, ToolDirectory>();
  /** Names that more than one server has. */
  readonly collisions: readonly ServerCollision[];

  /** Of sources with one name the last is used: what a program brings along stands in front of the configuration. Throws ScopeServerError. */
  constructor(sources: readonly ToolSource[], options: RegistryOptions = {}) {
    const { agents = new Map(), capabilities = new Map(), contextServers = [] } = options;
    const { pins = new ToolPins(), scopes = OPEN, shapes } = options;
    this.#agents = agents;
    this.#capabilities = capabilities;
    this.#contextServers = new Set(contextServers);
    this.#pins = pins;
    this.#shapes = shapes;
    this.#scopes = scopes;
    this.#sources = new Map(sources.map((source) => [source.server, source]));
    if (scopes.areServersKnown === true) assertServers(scopes, this.#sources);
    this.collisions = sources.flatMap((source) => collisionOf(source, this.#sources.get(source.server)) ?? []);
    const remote = [...this.#sources.values()].filter((source) => source.status().transport !== "local");
    this.#remote = new Set(remote.map(({ server }) => server));
    for (const source of this.#sources.values()) {
      source.onChange(() => {
        this.#proxies = undefined;
        for (const listener of this.#listeners) listener(source.status());
      });
    }
  }

  /** Connects to the named servers (or all) at once and waits for them; one that fails says so in its status. */
  async discover(signal: AbortSignal, names?: ReadonlySet<string>): Promise<readonly ServerStatus[]> {
    const wanted = [...this.#sources.values()].filter((source) => names === undefined || names.has(source.server));
    const statuses = await Promise.all(wanted.map((source) => source.connect(signal)));
    this.#proxies = undefined;
    await this.#shapes?.load([...this.#all().values()].map(({ spec }) => spec));
    return statuses;
  }

  servers(): readonly ServerStatus[] {
    return [...this.#sources.values()].map((source) => source.status());
  }

  /** Told whenever a server's status or tools change. */
  onServer(listener: ServerListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tools(): readonly ToolSpec[] {
    return [...[...this.#all().values()].map(({ spec }) => this.#described(spec)), ...MESH_TOOLS];
  }

  offered(): readonly ToolSpec[] {
    return this.tools().filter((spec) => !this.#isLocked(spec) || this.#pins.isOffered(spec));
  }

  /** The tools that can be pinned. */
  lockable(): readonly ToolSpec[] {
    return this.tools().filter((spec) => this.#isLocked(spec));
  }

  assertSame(live: ToolSpec, { fingerprint }: ToolBinding): void {
    this.#pins.assertSame(live, fingerprint, this.#isLocked(live));
  }

  /** Throws UnknownDomainError. */
  within(scope: RunScope | undefined): ToolDirectory {
    const key = scope === undefined ? "" : JSON.stringify(scope);
    const known = this.#scoped.get(key);
    if (known !== undefined) return known;
    const narrowed = new ToolScope(this.#scopes, scope);
    const directory = narrowed.isOpen ? this : new ScopedTools(this, narrowed);
    if (this.#scoped.size >= SCOPES_MAX) this.#scoped.clear();
    this.#scoped.set(key, directory);
    return directory;
  }

  /** The servers that a run may reach, of those that it names, or of all. Throws UnknownDomainError. */
  serversWithin(scope: RunScope | undefined, named?: ReadonlySet<string>): ReadonlySet<string> {
    const narrowed = new ToolScope(this.#scopes, scope);
    return new Set([...(named ?? this.#sources.keys())].filter((server) => narrowed.hasServer(server)));
  }

  /** The same, with all that is known of each. */
  described(tools: readonly ToolSpec[]): readonly CatalogueTool[] {
    const domains = Object.keys(this.#scopes.domains).map(
      (domain) => [domain, new ToolScope(this.#scopes, { domain })] as const,
    );
    return tools.map((spec) => {
      const source = this.#sources.get(spec.server)?.status().transport ?? "built-in";
      const scope = { domains: domains.flatMap(([name, domain]) => (domain.hides(spec) === undefined ? [name] : [])) };
      const drift = this.#isLocked(spec) ? this.#pins.lockDrift(spec) : undefined;
      const health = this.#healthOf(spec.name).report();
      return { ...spec, alias: toolAlias(spec.name), source, scope, health, ...(drift === undefined ? {} : { drift }) };
    });
  }

  describedServers(statuses: readonly ServerStatus[]): readonly CatalogueServer[] {
    return statuses.map((status) => ({ ...status, health: this.#healthOf(status.server).report() }));
  }

  hidden(): undefined {
    return undefined;
  }

  find(name: string): ToolSpec | undefined {
    const spec = this.#all().get(name)?.spec;
    return spec === undefined ? MESH_TOOLS.find((tool) => tool.name === name) : this.#described(spec);
  }

  /** Whether the server is told where a call comes from, and what it may use up. */
  takesContext(server: string): boolean {
    return this.#contextServers.has(server);
  }

  capabilities(): ReadonlyMap<string, readonly ToolSpec[]> {
    return new Map([...this.#capabilities].map(([name, tools]) => [`capability:${name}`, this.#ranked(tools)]));
  }

  serversOf(use: string): readonly string[] {
    const kind = kindOfUse(use);
    const name = use.slice(kind.length + 1);
    if (kind === "workflow") return [kind];
    if (kind === "capability") return (this.#capabilities.get(name) ?? []).flatMap((tool) => serverOfUse(tool) ?? []);
    return [kind === "agent" ? this.#agents.get(name)?.server : serverOfUse(use)].flatMap((server) => server ?? []);
  }

  /** See ToolSource. */
  identityOf({ server, tool }: ToolSpec): string {
    return this.#sources.get(server)?.identity?.(tool) ?? "";
  }

  unavailable(): ReadonlyMap<string, string> {
    const failed = this.servers().filter((status) => status.state === "failed");
    const reasons = new Map(failed.map((status) => [status.server, status.error?.message ?? "it failed"]));
    for (const [name, { server }] of this.#agents) {
      const reason = reasons.get(server);
      if (reason !== undefined) reasons.set(`agent:${name}`, reason);
    }
    for (const [use, tools] of this.capabilities())
      if (tools.length === 0) reasons.set(use, "none of the tools that the configuration names is there");
    return reasons;
  }

  /** Connects at once, whatever pause its failures have earned it. Undefined: there is no such server. */
  async reconnect(server: string, signal: AbortSignal): Promise<ServerStatus | undefined> {
    const source = this.#sources.get(server);
    source?.reset?.();
    return source?.connect(signal);
  }

  runEnded(run: string): void {
    for (const source of this.#sources.values()) void source.runEnded?.(run);
  }

  proxy(name: string): McpToolProxy | undefined {
    return this.#all().get(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.close()));
  }

  #described(spec: ToolSpec): ToolSpec {
    return this.#shapes?.described(spec) ?? spec;
  }

  /** Those that may be called, the healthiest first. */
  #ranked(names: readonly string[]): readonly ToolSpec[] {
    return names
      .flatMap((name) => this.find(name) ?? [])
      .filter((spec) => !this.#isLocked(spec) || this.#pins.isOffered(spec))
      .toSorted((left, right) => this.#trouble(left) - this.#trouble(right));
  }

  #trouble({ name, server }: ToolSpec): number {
    return Math.max(TROUBLE[this.#healthOf(name).breaker], TROUBLE[this.#healthOf(server).breaker]);
  }

  readonly #observe: CallObserver = ({ name, server }, beganMs, error) => {
    for (const key of [name, server]) {
      const health = this.#healthOf(key);
      health.note(beganMs, error);
      if (!this.#health.has(key) && this.#health.size < BEFORE_MAX) this.#health.set(key, health);
    }
  };

  /** A run of this mesh that waits, or fails, says nothing of a server. */
  #observerOf({ runs }: ToolSpec): CallObserver | undefined {
    return runs === "workflow" ? undefined : this.#observe;
  }

  #healthOf(key: string): CallHealth {
    return this.#health.get(key) ?? new CallHealth();
  }

  /** Functions of this program are as the program is: only what servers say of their tools is pinned. */
  #isLocked({ server, runs }: ToolSpec): boolean {
    return this.#remote.has(server) && runs !== "agent"; // another name for a tool that is pinned itself
  }

  /** By name, in the order of the configuration and of each server's own list. */
  #all(): ReadonlyMap<string, McpToolProxy> {
    if (this.#proxies !== undefined) return this.#proxies;
    const proxies = new Map([
      ...[...this.#sources.values()].flatMap((source) =>
        source.tools().map((spec) => [spec.name, new McpToolProxy(spec, source, this.#observerOf(spec))] as const),
      ),
      ...this.#agentProxies(),
    ]);
    for (const [name, { spec }] of this.#before) {
      const now = proxies.get(name)?.spec;
      if (now !== undefined && now.fingerprint !== spec.fingerprint) this.#pins.keepFormer(spec);
    }
    // A tool that is away for a while is not forgotten: it may come back changed.
    this.#before = new Map([...[...this.#before].slice(-BEFORE_MAX), ...proxies]);
    this.#proxies = proxies;
    return proxies;
  }

  #agentProxies(): readonly (readonly [string, McpToolProxy])[] {
    return [...this.#agents].flatMap(([name, agent]) => {
      const source = this.#sources.get(agent.server);
      const spec = source?.tools().find(({ tool }) => tool === agent.tool);
      if (source === undefined || spec === undefined) return [];
      const use = `agent:${name}`;
      const { effect = spec.effect } = agent;
      return [[use, new McpToolProxy({ ...spec, name: use, effect, runs: "agent" }, source, this.#observe)] as const];
    });
  }
}

const TROUBLE: Readonly<Record<BreakerState, number>> = { closed: 0, "half-open": 1, open: 2 };

const OPEN: ScopeRules = { domains: {} };

function collisionOf(source: ToolSource, kept: ToolSource | undefined): ServerCollision | undefined {
  if (kept === undefined || kept === source) return undefined;
  return { server: source.server, kept: kept.status().transport, hidden: source.status().transport };
}

/** Throws ScopeServerError. */
function assertServers({ domains, tenant }: ScopeRules, known: ReadonlyMap<string, ToolSource>): void {
  const rules = [
    ...Object.entries(domains).map(([name, rule]) => [`Domain ${name}`, rule] as const),
    ...(tenant === undefined ? [] : [[`Tenant ${tenant.name}`, tenant.rule] as const]),
  ];
  for (const [name, { servers = [] }] of rules)
    for (const server of servers) if (!known.has(server)) throw new ScopeServerError(name, server, [...known.keys()]);
}
