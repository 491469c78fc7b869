/** Drives the core by itself: a virtual clock, tools as functions, everything in memory. For tests of what a plan does. */
import { createHash } from "node:crypto";
import {
  bindingOf,
  canonicalJson,
  type ChildReport,
  type ChildUsage,
  evolve,
  type ForkPlan,
  type ForkRequest,
  isToRepeat,
  NO_USAGE,
  type Json,
  type JsonObject,
  MeshError,
  Plan,
  planFork,
  type PlanInput,
  resolveTask,
  type RunEvent,
  RunPolicy,
  type RunPolicyInput,
  type RunInput,
  RunState,
  takeEffects,
  type TaskState,
  type ToolSpec,
  transition,
  type Payload,
  type PlannerOutcome,
  runView,
  type RunView,
  useOf,
} from "../src/index.ts";

export class ToolFailure extends Error {
  readonly outcome: "refused" | "failed" | "unknown";
  readonly isRetryable: boolean;
  code = "AM_TOOL_FAILED";
  constructor(message: string, outcome: "refused" | "failed" | "unknown" = "failed", isRetryable = false) {
    super(message);
    this.outcome = outcome;
    this.isRetryable = isRetryable;
  }
}

/** The run behind a call waits for somebody. */
export class ChildWaits extends Error {}

export interface FakeTool {
  readonly spec?: Partial<ToolSpec>;
  /** How long it takes, in virtual milliseconds. */
  readonly takesMs?: number;
  /** What the run behind each of its calls uses up. */
  readonly usage?: Partial<ChildUsage>;
  readonly run?: (
    args: JsonObject,
    call: { readonly attempt: number; readonly idempotencyKey: string; readonly calls: number },
  ) => Json;
}

export interface EngineOptions {
  readonly plan?: PlanInput;
  readonly goal?: string;
  readonly planner?: (findings: readonly { readonly code: string; readonly path: string }[]) => PlannerOutcome;
  readonly inputs?: Json;
  readonly tools?: Readonly<Record<string, FakeTool>>;
  /** By `capability:NAME`: names of tools, the preferred first. */
  readonly capabilities?: Readonly<Record<string, readonly string[]>>;
  readonly policy?: RunPolicyInput;
  /** Called after every turn: may feed commands. */
  readonly onTurn?: (engine: Engine) => void;
}

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly work: () => void;
}

export class Engine {
  readonly state = new RunState();
  readonly events: RunEvent[] = [];
  readonly calls: { task: string; use: string; args: JsonObject; atMs: number; idempotencyKey: string }[] = [];
  nowMs = 1_000_000;
  readonly #options: EngineOptions;
  readonly #values = new Map<string, Json>();
  #pending: Pending[] = [];
  #order = 0;
  #running = 0;
  runningMax = 0;

  readonly #name: string;

  constructor(options: EngineOptions, name = "run-1") {
    this.#options = options;
    this.#name = name;
  }

  /** What a fork of another engine's run would do, and that fork, which has not begun. */
  static fork(
    source: Engine,
    request: Partial<ForkRequest> = {},
    options: EngineOptions = {},
  ): { readonly preview: ForkPlan; readonly start: () => Engine } {
    const preview = planFork(source.events, {
      from: [],
      fingerprintOf: (tool) => source.#specOf(tool).fingerprint,
      isStored: () => true,
      ...request,
    });
    const { origin, by, reused, goal, plan } = preview;
    const engine = new Engine({ ...source.#options, ...options }, `${source.#name}-fork`);
    for (const [hash, value] of source.#values) engine.#values.set(hash, value);
    const start = (): Engine => {
      engine.feed({
        ...engine.#beginning(),
        work: { plan },
        fork: { origin, by, reused, ...(goal === undefined ? {} : { goal }) },
      });
      engine.drain();
      return engine;
    };
    return { preview, start };
  }

  /** The run with this name. */
  static run(options: EngineOptions, name?: string): Engine {
    const engine = new Engine(options, name);
    const work = options.plan === undefined ? { goal: options.goal ?? "" } : { plan: Plan.parse(options.plan) };
    engine.feed({ ...engine.#beginning(), work });
    engine.drain();
    return engine;
  }

  /** The run as far as its first events tell it, with nobody who drives it. */
  static resumed(source: Engine, events: number): Engine {
    const engine = new Engine(source.#options, source.#name);
    for (const event of source.events.slice(0, events)) evolve(engine.state, event);
    takeEffects(engine.state, source.nowMs);
    return engine;
  }

  #beginning() {
    return {
      type: "start" as const,
      mode: "run" as const,
      tenant: "default",
      name: "test",
      inputs: this.#payload(this.#options.inputs ?? {}),
      policy: RunPolicy.parse(this.#options.policy ?? {}),
    };
  }

  get view(): RunView {
    return runView(this.state);
  }

  /** Status of every task, by key. */
  get statuses(): Record<string, string> {
    return Object.fromEntries(Object.values(this.view.tasks).map((task) => [task.id, task.status]));
  }

  types(prefix = ""): string[] {
    return this.events
      .map((event) => ("task" in event ? `${event.type} ${event.task}` : event.type))
      .filter((type) => type.startsWith(prefix));
  }

  value(task: string): Json | undefined {
    return this.#valueOf(task);
  }

  /** What the run asks for about its children. */
  readonly children: { readonly type: "watch-child" | "end-child"; readonly child: string }[] = [];

  feed(input: RunInput): void {
    this.events.push(...transition(this.state, input, { nowMs: this.nowMs, run: this.#name }));
    for (const effect of takeEffects(this.state, this.nowMs)) {
      if (effect.type === "resolve-task") this.#resolve(effect.task);
      else if (effect.type === "run-node") this.#later(0, () => this.#runNode(effect.call));
      else if (effect.type === "call-tool") this.#call(effect.task, effect.attempt, effect.idempotencyKey);
      else if (effect.type === "watch-child" || effect.type === "end-child") this.children.push(effect);
      else if (effect.type === "wake") this.#later(effect.atMs - this.nowMs, () => this.feed({ type: "advance" }));
    }
    this.#options.onTurn?.(this);
  }

  drain(): void {
    for (let steps = 0; this.#pending.length > 0 && steps < 1_000_000; steps++) {
      const next = this.#pending.reduce((left, right) =>
        right.atMs < left.atMs || (right.atMs === left.atMs && right.order < left.order) ? right : left,
      );
      this.#pending = this.#pending.filter((each) => each !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.work();
    }
  }

  #later(inMs: number, work: () => void): void {
    this.#pending.push({ atMs: this.nowMs + Math.max(0, inMs), order: this.#order++, work });
  }

  #task(key: string): TaskState {
    const task = this.state.taskOf.get(key);
    if (task === undefined) throw new Error(`no task ${key}`);
    return task;
  }

  #resolve(key: string): void {
    const task = this.#task(key);
    try {
      const resolved = resolveTask(task, (root) => this.#valueOf(root), this.#specOf(this.#useOf(task)));
      const resolution =
        resolved.kind === "start" || resolved.kind === "ask"
          ? { ...resolved, args: this.#payload(resolved.args), child: `child-${key}-${task.keyAttempt}` }
          : resolved;
      this.feed({ type: "task-resolved", task: key, resolution });
    } catch (error) {
      if (!(error instanceof MeshError)) throw error;
      this.feed({ type: "task-resolved", task: key, resolution: { kind: "fail", error: error.toJSON() as never } });
    }
  }

  #useOf(task: TaskState): string {
    return bindingOf(this.state, task)?.tool ?? useOf(task);
  }

  #call(key: string, attempt: number, idempotencyKey: string): void {
    const task = this.#task(key);
    const use = this.#useOf(task);
    const tool = this.#options.tools?.[use] ?? {};
    const started = this.events.findLast((event) => event.type === "task.started" && event.task === key);
    const args = started?.type === "task.started" ? (started.args.value as JsonObject) : {};
    const calls = this.calls.filter((call) => call.task === key).length + 1;
    this.calls.push({ task: key, use, args, atMs: this.nowMs, idempotencyKey });
    this.runningMax = Math.max(this.runningMax, ++this.#running);
    this.#later(tool.takesMs ?? 10, () => {
      this.#running--;
      const durationMs = tool.takesMs ?? 10;
      try {
        const value = tool.run?.(args, { attempt, idempotencyKey, calls }) ?? { ok: true };
        const again = isToRepeat(task, value, (root) => this.#valueOf(root));
        this.feed({
          type: "call-succeeded",
          task: key,
          attempt,
          output: this.#payload(value),
          durationMs,
          isToRepeat: again,
          ...this.#report(tool),
        });
      } catch (error) {
        if (error instanceof ChildWaits)
          return this.feed({ type: "call-suspended", task: key, attempt, child: task.child ?? "" });
        if (!(error instanceof ToolFailure)) throw error;
        const record = { code: error.code, message: error.message, hint: "", facts: {} };
        this.feed({
          type: "call-failed",
          task: key,
          attempt,
          error: record,
          outcome: error.outcome,
          isRetryable: error.isRetryable,
          durationMs,
          ...(error.outcome === "failed" ? this.#report(tool) : {}),
        });
      }
    });
  }

  #report({ usage }: FakeTool): { readonly child?: ChildReport } {
    return usage === undefined ? {} : { child: { usage: { ...NO_USAGE, ...usage } } };
  }

  #runNode(call: string): void {
    const base = {
      type: "node-succeeded" as const,
      call,
      input: this.#payload({}),
      output: this.#payload({}),
      durationMs: 0,
    };
    const node = call.split("#")[0];
    if (node === "planner") {
      const outcome = this.#options.planner?.(this.state.findings) ?? {
        kind: "no-tool-fits" as const,
        reason: "no planner",
      };
      return this.feed({ ...base, node, outcome });
    }
    if (node === "router") {
      const uses =
        this.state.proposal?.plan.tasks.flatMap((task) => [
          task.use,
          ...(typeof task.onError === "object" ? [task.onError.use] : []),
        ]) ?? [];
      const known = Object.keys(this.#options.tools ?? {});
      const able = Object.entries(this.#options.capabilities ?? {});
      const alternatives = new Map(able.map(([use, names]) => [use, names.map((name) => this.#specOf(name))]));
      const bound = uses.map(
        (use) => alternatives.get(use)?.[0] ?? (known.includes(use) ? this.#specOf(use) : undefined),
      );
      const tools = new Map(uses.flatMap((use, at) => (bound[at] === undefined ? [] : [[use, bound[at]] as const])));
      return this.feed({ ...base, node, outcome: { tools, known, alternatives } });
    }
    if (node === "validator") return this.feed({ ...base, node, outcome: { findings: this.#validatorFindings() } });
    return this.feed({
      ...base,
      node: "composer",
      outcome: { answer: this.#payload("done"), citations: [], removedCitations: [] },
    });
  }

  #validatorFindings(): never[] {
    return [...this.state.failed]
      .filter((task) => task.element === undefined)
      .map((task) => ({
        code: "AM_TASK_FAILED",
        severity: "error",
        path: `/tasks/${task.index}`,
        message: "failed",
        task: task.key,
      })) as never[];
  }

  #specOf(use: string): ToolSpec {
    const [server = "", tool = ""] = use.split(".");
    return {
      name: use,
      server,
      tool,
      description: "",
      inputSchema: { type: "object" },
      effect: "write",
      isOpenWorld: false,
      fingerprint: "f",
      ...this.#options.tools?.[use]?.spec,
    };
  }

  #valueOf(root: string): Json | undefined {
    if (root === "inputs") return this.#options.inputs ?? {};
    const task = this.state.taskOf.get(root);
    if (task === undefined) return undefined;
    if (task.group !== undefined) return task.group.elements.map((element) => this.#valueOf(element.key) ?? null);
    if (task.status === "skipped" || task.isHandled) return null;
    return task.output === undefined ? undefined : this.#values.get(task.output.hash);
  }

  #payload(value: Json): Payload {
    const text = canonicalJson(value);
    const hash = createHash("sha256").update(text).digest("base64url");
    this.#values.set(hash, value);
    return { hash, bytes: text.length, value };
  }
}
