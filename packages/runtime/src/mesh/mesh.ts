/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A mesh: servers, models, a store, and the runs between them. The library's main object; the command line is a thin layer
 * over it. Nothing connects before it is needed.
 */
import {
  catalogueOf,
  checkPlan,
  evolve,
  type Finding,
  type Json,
  type JsonObject,
  parsePlan,
  type Payload,
  type Plan,
  type PlanInput,
  type RunEvent,
  type RunPolicy,
  RunState,
  runView,
  type RunView,
  type StartInput,
  type ToolSpec,
} from "@agentmesh/core";
import type { RunSummary, ServerStatus } from "@agentmesh/ports";
import { RunDriver } from "../driver/run-driver.ts";
import type { RunServices } from "../driver/run-services.ts";
import type { RunSignal } from "../driver/run-signal.ts";
import { ValueCache } from "../driver/value-cache.ts";
import type { LogRecord } from "../log/log-record.ts";
import type { MemoryLog } from "../log/memory-log.ts";
import type { ModelPool } from "../models/model-pool.ts";
import type { ToolRegistry } from "../registry/tool-registry.ts";
import { checkInputs } from "./check-inputs.ts";
import { PlanInvalidError } from "./plan-invalid-error.ts";
import { Run, type RunLink } from "./run.ts";
import { newRunId } from "./run-id.ts";
import { type RunResult, runResult } from "./run-result.ts";
import { UnknownRunError } from "./unknown-run-error.ts";

export interface RunOptions {
  readonly inputs?: JsonObject;
  readonly name?: string;
  /** Aborting it cancels the run. */
  readonly signal?: AbortSignal;
}

export interface MeshParts {
  readonly services: RunServices;
  readonly registry: ToolRegistry;
  readonly models: ModelPool;
  readonly policy: RunPolicy;
  readonly tenant: string;
  /** Sees every signal of every run, as logs do. */
  readonly observe: (signal: RunSignal) => void;
  readonly log: MemoryLog;
  readonly close: () => Promise<void>;
}

export interface ToolList {
  readonly servers: readonly ServerStatus[];
  readonly tools: readonly ToolSpec[];
}

export class Mesh implements AsyncDisposable {
  readonly #parts: MeshParts;
  readonly #closing = new AbortController();
  readonly #active = new Set<Run>();

  /** Use createMesh. */
  constructor(parts: MeshParts) {
    this.#parts = parts;
  }

  /** A goal in plain words, or a plan. Throws PlanInvalidError at once when the plan or its inputs cannot be started with. */
  run(work: string | PlanInput, options: RunOptions = {}): Run {
    return this.#start(work, "run", options);
  }

  /** Plans and checks only; no tool is called. The plan is in the view of the run: `await run.result`, then `run.view.plan`. */
  plan(work: string | PlanInput, options: RunOptions = {}): Run {
    return this.#start(work, "plan", options);
  }

  /** The static check of a plan against the tools as they are now. */
  async check(document: unknown): Promise<readonly Finding[]> {
    const parsed = parsePlan(document);
    if (parsed.plan === undefined) return parsed.findings;
    await this.#discover(serversOf(parsed.plan));
    const { tools } = this.#parts.services;
    return checkPlan(parsed.plan, { ...catalogueOf(tools.tools()), unavailable: tools.unavailable() }).findings;
  }

  /** All tools with their servers; waits until every server has answered or failed. */
  async tools(): Promise<ToolList> {
    const servers = await this.#discover();
    return { servers, tools: this.#parts.services.tools.tools() };
  }

  /** Told whenever a server's state or tools change; returns the way to stop. */
  onServer(listener: (status: ServerStatus) => void): () => void {
    return this.#parts.registry.onServer(listener);
  }

  /** The runs in the store, newest first. */
  runs({ limit = 50 }: { readonly limit?: number } = {}): Promise<readonly RunSummary[]> {
    return this.#parts.services.store.runs({ tenant: this.#parts.tenant, limit });
  }

  /** A run as its journal tells it. Throws UnknownRunError. */
  async show(run: string): Promise<RunView> {
    const state = new RunState();
    for (const event of await this.events(run)) evolve(state, event);
    return runView(state);
  }

  /** The stored events of a run after a sequence number. Throws UnknownRunError. */
  async events(run: string, { afterSeq = 0 }: { readonly afterSeq?: number } = {}): Promise<readonly RunEvent[]> {
    const events = await this.#parts.services.store.read(run, 0);
    const [created] = events;
    if (created?.type !== "run.created" || created.tenant !== this.#parts.tenant) throw new UnknownRunError(run);
    return events.slice(afterSeq);
  }

  /** The newest log records of this process, oldest first; of one run when it is named. */
  logs(run?: string): readonly LogRecord[] {
    return this.#parts.log.records(run);
  }

  /** The value behind a payload; undefined when the store does not have it. */
  value(payload: Payload): Json | undefined {
    return new ValueCache(this.#parts.services.store).read(payload);
  }

  /** Cancels what runs, then closes servers, models and the store. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(); // whoever still connects gives up
    for (const run of this.#active) run.cancel("the mesh is closed");
    await Promise.allSettled([...this.#active].map((run) => run.result));
    await Promise.all([this.#parts.registry.close(), this.#parts.models.close()]);
    await this.#parts.services.store.close();
    await this.#parts.close();
  }

  #start(work: string | PlanInput, mode: "run" | "plan", options: RunOptions): Run {
    const start = this.#startInput(work, mode, options);
    const id = newRunId(this.#parts.services.clock.nowMs());
    const run = new Run({
      id,
      read: (afterSeq) => this.#parts.services.store.read(id, afterSeq),
      start: ({ publish, link }) => this.#drive(id, start, { publish, link }),
    });
    this.#active.add(run);
    run.result.then(
      () => this.#active.delete(run),
      () => this.#active.delete(run),
    );
    followSignal(run, options.signal);
    return run;
  }

  /** Throws PlanInvalidError. */
  #startInput(work: string | PlanInput, mode: "run" | "plan", options: RunOptions): Start {
    const given = options.inputs ?? {};
    const { tenant, policy } = this.#parts;
    if (typeof work === "string")
      return {
        tenant,
        policy,
        mode,
        name: options.name ?? work.slice(0, 100),
        work: { goal: work },
        given,
        servers: undefined,
      };
    const parsed = parsePlan(work);
    if (parsed.plan === undefined) throw new PlanInvalidError(parsed.findings);
    const { inputs, findings } = checkInputs(parsed.plan, given);
    if (findings.length > 0) throw new PlanInvalidError(findings);
    return {
      tenant,
      policy,
      mode,
      name: options.name ?? parsed.plan.name,
      work: { plan: parsed.plan },
      given: inputs,
      servers: serversOf(parsed.plan),
    };
  }

  async #drive(
    id: string,
    start: Start,
    run: { readonly publish: (signal: RunSignal) => void; readonly link: (link: RunLink) => void },
  ): Promise<RunResult> {
    await this.#discover(start.servers);
    const driver = new RunDriver(id, this.#parts.services);
    driver.listen((signal) => {
      this.#parts.observe(signal);
      run.publish(signal);
    });
    const { given, servers: _servers, ...input } = start;
    const inputs = driver.write(given);
    driver.feed({ type: "start", ...input, inputs: inputs.payload }, inputs);
    run.link({ view: () => driver.view, cancel: (reason) => driver.feed({ type: "cancel", reason }) });
    return runResult(await driver.settled, (payload) => this.value(payload));
  }

  #discover(servers?: ReadonlySet<string>): Promise<readonly ServerStatus[]> {
    return this.#parts.registry.discover(this.#closing.signal, servers);
  }
}

type Start = Omit<StartInput, "type" | "inputs"> & {
  readonly given: JsonObject;
  /** Only these servers are needed; undefined: all. */
  readonly servers: ReadonlySet<string> | undefined;
};

/** The servers that a plan names. */
function serversOf(plan: Plan): ReadonlySet<string> {
  const uses = plan.tasks.flatMap((task) =>
    typeof task.onError === "object" ? [task.use, task.onError.use] : [task.use],
  );
  return new Set(uses.map((use) => use.split(".")[0] ?? ""));
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
