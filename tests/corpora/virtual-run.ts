/**
 * One run of the pure core in virtual time: calls succeed after the time that they are said to take. No store, no values,
 * and a heap of what is under way, so that plans of many thousand tasks take seconds.
 */
import {
  type Payload,
  type Plan,
  resolveTask,
  type RunEffect,
  type RunEvent,
  type RunInput,
  RunPolicy,
  RunState,
  takeEffects,
  type ToolSpec,
  transition,
} from "@agentmesh/core";
import { SoonestFirst } from "./soonest-first.ts";

/** The only tool of these plans. */
export const WORK_TOOL: ToolSpec = {
  name: "wf.work",
  server: "wf",
  tool: "work",
  description: "",
  inputSchema: { type: "object" },
  effect: "read",
  isOpenWorld: false,
  fingerprint: "wf",
};

const NOTHING: Payload = { hash: "nothing", bytes: 2, value: {} };

export interface VirtualRunOptions {
  readonly plan: Plan;
  /** How many calls run at once. */
  readonly slots: number;
  /** How long the call of a task takes, in virtual milliseconds. */
  readonly durationMs: (task: string) => number;
}

export interface VirtualRunResult {
  readonly status: RunState["status"];
  readonly makespanMs: number;
  readonly events: number;
  /** Per task: the sequence numbers of its first start and of its success, and how often it started. */
  readonly tasks: ReadonlyMap<string, TaskRecord>;
}

export interface TaskRecord {
  startedSeq: number;
  succeededSeq: number;
  starts: number;
}

/** Runs the plan to its end. */
export function virtualRun(options: VirtualRunOptions): VirtualRunResult {
  const run = new VirtualRun(options);
  run.start();
  return run.result();
}

class VirtualRun {
  readonly #options: VirtualRunOptions;
  readonly #state = new RunState();
  readonly #underWay = new SoonestFirst<RunInput>();
  readonly #tasks = new Map<string, TaskRecord>();
  #inbox: RunInput[] = [];
  #nowMs = 0;
  #events = 0;

  constructor(options: VirtualRunOptions) {
    this.#options = options;
  }

  start(): void {
    const { plan, slots } = this.#options;
    const policy = RunPolicy.parse({ concurrency: { run: slots } });
    const base = { type: "start", tenant: "default", name: plan.name, mode: "run" } as const;
    this.#inbox.push({ ...base, inputs: NOTHING, policy, work: { plan } });
    this.#turns();
    for (let next = this.#underWay.take(); next !== undefined; next = this.#underWay.take()) {
      this.#nowMs = next.atMs;
      this.#inbox.push(next.item);
      this.#turns();
    }
  }

  result(): VirtualRunResult {
    return { status: this.#state.status, makespanMs: this.#nowMs, events: this.#events, tasks: this.#tasks };
  }

  #turns(): void {
    // The list grows while it is walked.
    for (const input of this.#inbox) {
      const events = transition(this.#state, input, { nowMs: this.#nowMs, run: "run" });
      for (const event of events) this.#note(event);
      for (const effect of takeEffects(this.#state, this.#nowMs)) this.#launch(effect);
    }
    this.#inbox = [];
  }

  #note(event: RunEvent): void {
    this.#events++;
    if (event.type !== "task.started" && event.type !== "task.succeeded") return;
    const record = this.#tasks.get(event.task) ?? { startedSeq: event.seq, succeededSeq: 0, starts: 0 };
    if (event.type === "task.started") record.starts++;
    else record.succeededSeq = event.seq;
    this.#tasks.set(event.task, record);
  }

  #launch(effect: RunEffect): void {
    if (effect.type === "resolve-task") this.#resolve(effect.task);
    else if (effect.type === "run-node") this.#inbox.push(this.#nodeOutcome(effect.call));
    else if (effect.type === "call-tool") this.#call(effect.task, effect.attempt);
  }

  #resolve(task: string): void {
    const state = this.#state.taskOf.get(task);
    const resolved = state === undefined ? undefined : resolveTask(state, () => ({}), WORK_TOOL);
    if (resolved?.kind !== "start") throw new Error(`${task} did not resolve to a start`);
    this.#inbox.push({ type: "task-resolved", task, resolution: { kind: "start", args: NOTHING } });
  }

  #call(task: string, attempt: number): void {
    const durationMs = this.#options.durationMs(task);
    this.#underWay.add(this.#nowMs + durationMs, {
      type: "call-succeeded",
      task,
      attempt,
      output: NOTHING,
      durationMs,
    });
  }

  #nodeOutcome(call: string): RunInput {
    const base = { type: "node-succeeded", call, input: NOTHING, output: NOTHING, durationMs: 0 } as const;
    if (call.startsWith("validator")) return { ...base, node: "validator", outcome: { findings: [] } };
    const { name } = WORK_TOOL;
    return { ...base, node: "router", outcome: { tools: new Map([[name, WORK_TOOL]]), known: [name] } };
  }
}
