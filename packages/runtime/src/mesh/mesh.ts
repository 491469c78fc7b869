/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A mesh: servers, models, a store, and the runs between them. The library's main object; the command line is a thin layer
 * over it. Nothing connects before it is needed.
 */
import {
  type Finding,
  type Json,
  type JsonObject,
  parsePlan,
  type Payload,
  type Plan,
  type PlanInput,
  type RunCommand,
  type RunEvent,
  type RunPolicy,
  RunScope,
  type RunTrace,
  runView,
  type RunView,
  type ToolFilter,
} from "@agentmesh/core";
import { findingsOf } from "../nodes/plan-findings.ts";
import type { CallContext, PruneQuery, PruneReport, RunSummary, ServerStatus } from "@agentmesh/ports";
import { CacheDesk } from "../cache/cache-desk.ts";
import type { VersionedTools } from "../cache/caching-executor.ts";
import type { RunServices } from "../driver/run-services.ts";
import type { RunSignal } from "../driver/run-signal.ts";
import { ValueCache } from "../driver/value-cache.ts";
import type { LogRecord } from "../log/log-record.ts";
import type { MemoryLog } from "../log/memory-log.ts";
import type { ModelPool } from "../models/model-pool.ts";
import { compareLock, type LockReport } from "../registry/lock/lock-report.ts";
import { readLockFile, writeLockFile } from "../registry/lock/lock-file.ts";
import { NoLockFileError } from "../registry/lock/no-lock-file-error.ts";
import type { ToolList } from "../registry/tool-catalogue.ts";
import type { ToolRegistry } from "../registry/tool-registry.ts";
import type { ChildDesk } from "../workflows/child-desk.ts";
import { assertMayBegin, narrowedPolicy, parentOf } from "../subagent/incoming-context.ts";
import { workDigest } from "../subagent/outgoing-context.ts";
import { commandPayload } from "./command-payload.ts";
import { checkInputs } from "./check-inputs.ts";
import { type Fork, type ForkOptions, prepareFork } from "./fork-run.ts";
import { PlanInvalidError } from "./plan-invalid-error.ts";
import { PlanReader } from "./plan-reader.ts";
import type { Run } from "./run.ts";
import {
  type ApproveOptions,
  approveCommand,
  rejectCommand,
  type ResolveOptions,
  resolveCommand,
  signalCommand,
} from "./run-command.ts";
import { lostValues, UnknownEventError, ValuesLostError } from "./replay-error.ts";
import { readTrace } from "./run-trace.ts";
import { foldEvents, type RunBeginning, RunDesk, serversOf } from "./run-desk.ts";

/** Which tools may be used. */
export interface ScopeOptions {
  /** A domain of the configuration: only its tools. */
  readonly domain?: string;
  /** Narrows them further, by names in which * stands for any characters. */
  readonly tools?: ToolFilter;
}

export interface RunOptions extends ScopeOptions {
  readonly inputs?: JsonObject;
  readonly name?: string;
  /** What it is called in the store, in place of a name of its own: letters, digits, _ and -. A run of that name that is there already is gone on with, or has its result again. */
  readonly id?: string;
  /** Who has asked for it: another run. Lowers its limits, and is its parent. */
  readonly context?: CallContext;
  /** Aborting it cancels the run. */
  readonly signal?: AbortSignal;
}

export interface MeshParts {
  readonly children: ChildDesk;
  readonly services: RunServices;
  readonly registry: ToolRegistry;
  readonly models: ModelPool;
  readonly policy: RunPolicy;
  readonly tenant: string;
  /** Sees every signal of every run, as logs do. */
  readonly observe: (signal: RunSignal) => void;
  /** Told of the stored events of a run that goes on here. */
  readonly recall: (events: readonly RunEvent[]) => void;
  readonly log: MemoryLog;
  /** Throws MeshError for a plan that cannot be run here. */
  readonly assertFits: (plan: Plan) => void;
  /** What tells one version of a tool from another. */
  readonly versions: VersionedTools;
  /** Where the lock file of tools is, or would be. */
  readonly lockFile: string | undefined;
  readonly close: () => Promise<void>;
}

export interface PruneOptions extends Pick<PruneQuery, "keep" | "isDryRun" | "isCompacting"> {
  /** Only runs that ended so long ago, in milliseconds. */
  readonly olderThanMs?: number;
}

export class Mesh implements AsyncDisposable {
  readonly #parts: MeshParts;
  readonly #closing = new AbortController();
  readonly #plans = new PlanReader();
  /** For the runs that its runs start. */
  readonly desk: RunDesk;
  /** What may be given again in place of a call: to be looked at, and to be thrown away. */
  readonly cache: CacheDesk;

  /** Use createMesh. */
  constructor(parts: MeshParts) {
    this.#parts = parts;
    const { services, tenant, observe, recall } = parts;
    const discover = (servers?: ReadonlySet<string>): Promise<readonly ServerStatus[]> => this.#discover(servers);
    this.cache = new CacheDesk({
      table: services.store.cache,
      tenant,
      nowMs: () => services.clock.nowMs(),
      discover,
      tools: { ...parts.versions, tools: () => services.tools.tools() },
    });
    this.desk = new RunDesk({ services, tenant, observe, recall, discover, value: (payload) => this.value(payload) });
  }

  /** A goal in plain words, or a plan. Throws UnknownDomainError, PlanInvalidError (with a cassette CassetteMisfitError) at once when the plan or its inputs cannot be started with. */
  run(work: string | PlanInput, options: RunOptions = {}): Run {
    return this.#start(work, "run", options);
  }

  /** Plans and checks only; no tool is called. The plan is in the view of the run: `await run.result`, then `run.view.plan`. */
  plan(work: string | PlanInput, options: RunOptions = {}): Run {
    return this.#start(work, "plan", options);
  }

  /** The static check of a plan against the tools as they are now. */
  async check(document: unknown, options: ScopeOptions = {}): Promise<readonly Finding[]> {
    const tools = this.#parts.services.tools.within(scopeOf(options));
    const parsed = parsePlan(document);
    if (parsed.plan === undefined) return parsed.findings;
    await this.#discover(this.#parts.registry.serversWithin(scopeOf(options), serversOf(parsed.plan, tools)));
    return findingsOf(parsed.plan, tools);
  }

  /** All tools with their servers, or those of a scope; waits until every server has answered or failed. */
  async tools(options: ScopeOptions = {}): Promise<ToolList> {
    const { registry } = this.#parts;
    const scope = scopeOf(options);
    const directory = registry.within(scope);
    const servers = await this.#discover(registry.serversWithin(scope));
    const { collisions } = registry;
    return { servers: registry.describedServers(servers), tools: registry.described(directory.tools()), collisions };
  }

  /** Connects to a server at once, also to one that is left alone because it kept dying. Undefined: no such server. */
  reconnect(server: string): Promise<ServerStatus | undefined> {
    return this.#parts.registry.reconnect(server, this.#closing.signal);
  }

  /**
   * Pins the tools of all servers as they are now, in the lock file; `isDryRun`: only says what would change. Calls of this
   * mesh go on by the file as it was when the mesh was opened. Throws NoLockFileError, LockFileError.
   */
  async lockTools({ isDryRun = false }: { readonly isDryRun?: boolean } = {}): Promise<LockReport> {
    const { registry, lockFile: file } = this.#parts;
    if (file === undefined) throw new NoLockFileError();
    const statuses = await this.#discover();
    const unreachable = statuses.filter(({ state }) => state !== "ready").map(({ server }) => server);
    const { report, next } = compareLock({ file, before: readLockFile(file), tools: registry.lockable(), unreachable });
    if (!isDryRun) writeLockFile(file, next);
    return report;
  }

  /** Told whenever a server's state or tools change; returns the way to stop. */
  onServer(listener: (status: ServerStatus) => void): () => void {
    return this.#parts.registry.onServer(listener);
  }

  /** The runs in the store, newest first. */
  runs({ limit = 50 }: { readonly limit?: number } = {}): Promise<readonly RunSummary[]> {
    return this.#parts.services.store.runs({ tenant: this.#parts.tenant, limit });
  }

  /**
   * Removes finished runs of this tenant for which both `olderThanMs` and `keep`, where given, say that they may go; values
   * that no run refers to any more; and expired rows of caches. Throws StoreError.
   */
  prune({ olderThanMs, ...query }: PruneOptions = {}): Promise<PruneReport> {
    const { services, tenant } = this.#parts;
    const nowMs = services.clock.nowMs();
    const endedBefore = olderThanMs === undefined ? {} : { endedBeforeMs: nowMs - olderThanMs };
    return services.store.prune({ tenant, nowMs, ...endedBefore, ...query });
  }

  /** A run as its journal tells it, as far as that can be read. Throws UnknownRunError. */
  async show(run: string): Promise<RunView> {
    const { events, damage } = await this.#parts.services.store.readIntact(run);
    this.desk.assertKnown(run, events);
    const view = runView(foldEvents(events));
    if (damage === undefined) return view;
    const { code, message, hint, facts } = damage;
    return { ...view, damage: { code, message, hint, facts } };
  }

  /** The stored events of a run after a sequence number. Throws UnknownRunError. */
  async events(run: string, { afterSeq = 0 }: { readonly afterSeq?: number } = {}): Promise<readonly RunEvent[]> {
    const events = await this.desk.events(run);
    return events.slice(afterSeq);
  }

  /** Where its time went, with the runs that its tasks have started. Throws UnknownRunError. */
  trace(run: string): Promise<RunTrace> {
    return readTrace(run, { events: (id) => this.desk.events(id), value: (payload) => this.value(payload) });
  }

  /**
   * The stored events of a run up to a sequence number, once it is certain that every value they refer to is there: what
   * is shown of them is whole. Connects to nothing. Throws UnknownRunError, UnknownEventError, ValuesLostError.
   */
  async replay(run: string, { toSeq }: { readonly toSeq?: number } = {}): Promise<readonly RunEvent[]> {
    const all = await this.desk.events(run);
    if (toSeq !== undefined && (toSeq < 1 || toSeq > all.length))
      throw new UnknownEventError(run, { asked: toSeq, last: all.length });
    const events = all.slice(0, toSeq);
    const { store } = this.#parts.services;
    const lost = lostValues(events, (hash) => store.blob(hash) !== undefined);
    if (lost.length > 0) throw new ValuesLostError(run, lost);
    return events;
  }

  /**
   * A new run that takes over what a stored one has reached, as far as it still holds: `preview` says what that is, `start`
   * begins it. A run that is still driven is forked as far as its journal goes now. Throws UnknownRunError,
   * ForkPlanMissingError, ForkTaskUnknownError, ForkTaskNeverRanError, PlanInvalidError, PlanRedactedError, ValuesLostError.
   */
  async fork(run: string, options: ForkOptions = {}): Promise<Fork> {
    const { tenant, policy, services } = this.#parts;
    const { preview, beginning } = await prepareFork(await this.desk.events(run), options, {
      tools: services.tools,
      discover: (servers) => this.#discover(servers),
      value: (payload) => this.value(payload),
    });
    return { preview, start: () => this.desk.begin({ tenant, policy, ...beginning }) };
  }

  /**
   * Goes on with a run that was suspended, or whose process died. `result` rejects with UnknownRunError, with
   * CommandRefusedError when it is over, with RunOwnedError while another process drives it, with ServersMissingError.
   */
  resume(run: string): Run {
    return this.desk.resume(run);
  }

  /** Goes on with every run that was under way when its process died. */
  recover(): Promise<readonly Run[]> {
    return this.desk.recover();
  }

  /**
   * Stores a command for whoever drives the run; when nobody does, this process goes on with it. Resolves once the command
   * was followed: with the run's handle when it is driven here, else with undefined. Throws UnknownRunError,
   * CommandRefusedError, CommandPendingError, ServersMissingError.
   */
  send(run: string, command: RunCommand): Promise<Run | undefined> {
    return this.desk.send(run, command);
  }

  /** Lets a call, the plan (`plan`) or the budget (`budget`) of a run go on; see send. */
  approve(run: string, approval: string, options: ApproveOptions = {}): Promise<Run | undefined> {
    return this.send(run, approveCommand(approval, options));
  }

  reject(run: string, approval: string, note?: string): Promise<Run | undefined> {
    return this.send(run, rejectCommand(approval, note));
  }

  /** Says what has become of a task in doubt; see send. */
  resolve(run: string, task: string, options: ResolveOptions): Promise<Run | undefined> {
    return this.send(run, resolveCommand(task, options));
  }

  /** Sends what a `mesh.wait` of the run waits for; see send. */
  signal(run: string, name: string, data: Json = null): Promise<Run | undefined> {
    return this.send(run, signalCommand(name, data, "signal"));
  }

  cancel(run: string, reason = "cancelled by the caller"): Promise<Run | undefined> {
    return this.send(run, { type: "cancel", reason });
  }

  /** The newest log records of this process, oldest first; of one run when it is named. */
  logs(run?: string): readonly LogRecord[] {
    return this.#parts.log.records(run);
  }

  /** The value behind a payload; undefined when the store does not have it. */
  value(payload: Payload): Json | undefined {
    return new ValueCache(this.#parts.services.store).read(payload);
  }

  /**
   * Resolves once nothing is driven here any more: a run that has ended may have let the one go on that had started it.
   * Never rejects.
   */
  async idle(): Promise<void> {
    do {
      await this.#parts.children.idle();
      await this.desk.idle();
    } while (this.desk.isBusy || this.#parts.children.isBusy);
  }

  /** Cancels what runs, then closes servers, models and the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(); // whoever still connects gives up
    await this.desk.close();
    await Promise.all([this.#parts.registry.close(), this.#parts.models.close()]);
    await this.#parts.services.store.close();
    await this.#parts.close();
  }

  #start(work: string | PlanInput, mode: "run" | "plan", options: RunOptions): Run {
    const beginning = this.#called(this.#beginning(work, mode, options), options.context);
    const run = options.id === undefined ? this.desk.begin(beginning) : this.desk.attach(options.id, beginning);
    followSignal(run, options.signal);
    return run;
  }

  /** Throws CallRefusedError. */
  #called(beginning: RunBeginning, context: CallContext | undefined): RunBeginning {
    if (context === undefined) return beginning;
    const { work, given, policy } = beginning;
    const asked = "goal" in work ? work.goal : work.plan;
    assertMayBegin(context, policy, workDigest(asked, commandPayload(given).hash));
    return { ...beginning, policy: narrowedPolicy(policy, context), parent: parentOf(context, true) };
  }

  /** Throws PlanInvalidError. */
  #beginning(work: string | PlanInput, mode: "run" | "plan", options: RunOptions): RunBeginning {
    const given = options.inputs ?? {};
    const { tenant, policy, registry } = this.#parts;
    const scope = scopeOf(options);
    const shared = { tenant, policy, mode, ...(scope === undefined ? {} : { scope }) };
    if (typeof work === "string")
      return {
        ...shared,
        name: options.name ?? work.slice(0, 100),
        work: { goal: work },
        given,
        servers: registry.serversWithin(scope),
      };
    const parsed = this.#plans.read(work);
    if (parsed.plan === undefined) throw new PlanInvalidError(parsed.findings);
    this.#parts.assertFits(parsed.plan);
    const { inputs, findings } = checkInputs(parsed.plan, given);
    if (findings.length > 0) throw new PlanInvalidError(findings);
    return {
      ...shared,
      name: options.name ?? parsed.plan.name,
      work: { plan: parsed.plan },
      given: inputs,
      servers: registry.serversWithin(scope, serversOf(parsed.plan, registry)),
    };
  }

  #discover(servers?: ReadonlySet<string>): Promise<readonly ServerStatus[]> {
    return this.#parts.registry.discover(this.#closing.signal, servers);
  }
}

function scopeOf({ domain, tools }: ScopeOptions): RunScope | undefined {
  if (domain === undefined && tools === undefined) return undefined;
  return RunScope.parse({ ...(domain === undefined ? {} : { domain }), ...(tools === undefined ? {} : { tools }) });
}

function followSignal(run: Run, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const cancel = (): void => run.cancel("aborted by the caller");
  if (signal.aborted) return cancel();
  signal.addEventListener("abort", cancel, { once: true });
  run.result.then(
    () => signal.removeEventListener("abort", cancel),
    () => signal.removeEventListener("abort", cancel),
  );
}
