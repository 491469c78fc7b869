/** Tasks: started once, after what they need, never after a cancel, within their limits; skips go on. */
import { isTerminal, type RunEvent } from "@agentmesh/core";
import type { RandomPlan, RandomTask } from "../random-plan.ts";
import { dependenciesOf, isTaskEvent, type RunHistory, type TaskEvent, taskIdOf } from "./run-history.ts";

type Status = "idle" | "running" | "doubt" | "asked" | "succeeded" | "handled" | "failed" | "skipped" | "cancelled";

interface KnownTask {
  status: Status;
  attempt: number;
  tool: string;
  isOnFallback: boolean;
  /** The tool in the place of the plan's. */
  routed: string | undefined;
}

interface KnownBinding {
  readonly tool: string;
  readonly alternatives?: readonly { readonly tool: string }[] | undefined;
}

const STATUS_AFTER = { retry: "idle", done: "succeeded", fail: "failed" } as const;
const OVER: ReadonlySet<Status> = new Set(["succeeded", "handled", "failed", "skipped", "cancelled"]);

export function checkTasks(history: RunHistory): void {
  const walk = new TaskWalk(history);
  for (const event of history.events) walk.take(event);
  walk.end();
}

class TaskWalk {
  readonly #history: RunHistory;
  readonly #tasks = new Map<string, KnownTask>();
  readonly #dependencies = new Map<string, readonly string[]>();
  #specs = new Map<string, RandomTask>();
  #proposed: RandomPlan | undefined;
  #bindings: Readonly<Record<string, KnownBinding>> = {};
  /** Why nothing may start now. */
  #barrier: string | undefined;
  readonly #questions = new Set<string>();

  constructor(history: RunHistory) {
    this.#history = history;
  }

  take(event: RunEvent): void {
    if (isTaskEvent(event)) return this.#takeTask(event);
    switch (event.type) {
      case "plan.proposed":
        this.#proposed = event.plan as unknown as RandomPlan;
        return;
      case "plan.accepted":
      case "plan.patched":
        this.#bindings = event.bindings;
        return this.#accept();
      case "run.cancel_requested":
        this.#barrier = "the cancel was requested";
        return;
      case "budget.exceeded":
        if (event.error !== undefined) this.#barrier = "the budget was exceeded";
        return;
      case "approval.requested":
        return this.#ask(event.approval);
      case "approval.granted":
      case "approval.denied":
        this.#questions.delete(event.approval);
        return this.#unask(event.approval);
      default:
        if (isTerminal(event)) this.#barrier = "the run was over";
    }
  }

  end(): void {
    const last = this.#history.events.at(-1);
    if (last?.type !== "run.succeeded") return;
    for (const id of this.#specs.keys()) {
      const { status } = this.#task(id);
      if (!OVER.has(status)) this.#history.breach("a run succeeds when its tasks are over", `"${id}" is ${status}`);
      const dependencies = this.#statusesBefore(id);
      if (dependencies.includes("skipped") && this.#isSkipDue(id) && status !== "skipped" && status !== "failed")
        this.#history.breach("a skip goes on", `"${id}" is ${status} after a skipped task`);
    }
  }

  #accept(): void {
    this.#specs = new Map(this.#proposed?.tasks.map((task) => [task.id, task]));
    for (const task of this.#specs.values()) this.#dependencies.set(task.id, dependenciesOf(task));
  }

  #ask(approval: string): void {
    this.#questions.add(approval);
    if (approval !== "plan" && approval !== "budget") this.#task(approval).status = "asked";
  }

  #unask(approval: string): void {
    const task = this.#tasks.get(approval);
    if (task?.status === "asked") task.status = "idle";
  }

  #takeTask(event: TaskEvent): void {
    const task = this.#task(event.task);
    const where = `event ${event.seq}, ${event.type} of "${event.task}"`;
    if (OVER.has(task.status)) this.#history.breach("I2 what is over stays over", `${where}: it was ${task.status}`);
    switch (event.type) {
      case "task.started":
        return this.#start(where, event);
      case "task.waiting":
      case "task.expanded":
        this.#checkStart(where, event.task);
        return;
      case "task.skipped":
        return this.#skip(where, event);
      case "task.in_doubt":
        task.status = "doubt";
        return;
      case "task.resolved":
        if (task.status !== "doubt") this.#history.breach("only doubt is resolved", `${where}: it was ${task.status}`);
        task.status = STATUS_AFTER[event.as];
        return;
      case "task.retried":
        task.status = "idle";
        if (event.cause === "fallback") Object.assign(task, { isOnFallback: true, routed: undefined });
        return;
      case "task.routed":
        return this.#route(where, event);
      default:
        task.status = statusAfter(event);
    }
  }

  #start(where: string, { task: key, attempt }: Extract<TaskEvent, { type: "task.started" }>): void {
    const task = this.#task(key);
    this.#checkStart(where, key);
    if (task.status !== "idle") this.#history.breach("I2 started once", `${where}: it was ${task.status}`);
    if (attempt !== task.attempt + 1)
      this.#history.breach("attempts are counted", `${where}: attempt ${attempt} after ${task.attempt}`);
    Object.assign(task, { status: "running", attempt, tool: this.#toolOf(key) });
    this.#checkLimits(where, key);
  }

  #route(where: string, { task: key, from, to }: Extract<TaskEvent, { type: "task.routed" }>): void {
    const able = Object.values(this.#bindings).flatMap(({ tool, alternatives = [] }) => [
      tool,
      ...alternatives.map((other) => other.tool),
    ]);
    if (from !== this.#toolOf(key)) this.#history.breach("fail-over leaves its own tool", `${where}: ${from}`);
    if (!able.includes(to) || from === to) this.#history.breach("I4 nothing runs unchecked", `${where}: ${to}`);
    if (this.#task(key).status !== "idle") this.#history.breach("fail-over leaves no call open", where);
    this.#task(key).routed = to;
  }

  #checkStart(where: string, key: string): void {
    if (this.#barrier !== undefined) this.#history.breach("I5 nothing starts in the end", `${where}: ${this.#barrier}`);
    for (const question of ["plan", "budget"])
      if (this.#questions.has(question))
        this.#history.breach("nothing starts unasked", `${where}: ${question} is open`);
    const id = taskIdOf(key);
    const statuses = this.#statusesBefore(id);
    const open = statuses.find((status) => !OVER.has(status) || status === "failed" || status === "cancelled");
    if (open !== undefined) this.#history.breach("I6 after what it needs", `${where}: what it needs is ${open}`);
    if (this.#isSkipDue(id)) this.#history.breach("a skip goes on", `${where}: what it needs was skipped`);
  }

  #isSkipDue(id: string): boolean {
    const statuses = this.#statusesBefore(id);
    const skipped = statuses.filter((status) => status === "skipped").length;
    const isAny = this.#specs.get(id)?.["join"] === "any";
    return isAny ? skipped > 0 && skipped === statuses.length : skipped > 0;
  }

  #skip(where: string, event: Extract<TaskEvent, { type: "task.skipped" }>): void {
    if (event.reason === "dependency" && !this.#isSkipDue(event.task))
      this.#history.breach("a skip goes on", `${where}: nothing that it needs was skipped`);
    this.#task(event.task).status = "skipped";
  }

  #checkLimits(where: string, key: string): void {
    const { concurrency } = this.#history.record.policy;
    const running = [...this.#tasks].filter(([, { status }]) => status === "running");
    if (running.length > concurrency.run)
      this.#history.breach("limits of concurrency", `${where}: ${running.length} run, ${concurrency.run} may`);
    const tool = this.#toolOf(key);
    const limit = concurrency.tools[tool] ?? Number.POSITIVE_INFINITY;
    if (running.filter(([, task]) => task.tool === tool).length > limit)
      this.#history.breach("limits of concurrency", `${where}: more than ${limit} calls of ${tool}`);
    this.#checkElements(where, { key, running: running.map(([name]) => name) });
  }

  #checkElements(where: string, { key, running }: { readonly key: string; readonly running: readonly string[] }): void {
    const id = taskIdOf(key);
    if (id === key) return;
    const each = this.#specs.get(id)?.["each"] as { readonly concurrency?: number } | undefined;
    const siblings = running.filter((other) => other !== id && taskIdOf(other) === id).length;
    if (siblings > (each?.concurrency ?? Number.POSITIVE_INFINITY))
      this.#history.breach("limits of concurrency", `${where}: ${siblings} elements run`);
  }

  #toolOf(key: string): string {
    const spec = this.#specs.get(taskIdOf(key));
    const fallback = spec?.["onError"] as { readonly use?: string } | undefined;
    const use = (this.#task(key).isOnFallback ? fallback?.use : spec?.use) ?? "";
    return this.#task(key).routed ?? this.#bindings[use]?.tool ?? use;
  }

  #statusesBefore(id: string): readonly Status[] {
    return (this.#dependencies.get(id) ?? []).map((dependency) => this.#task(dependency).status);
  }

  #task(key: string): KnownTask {
    const known = this.#tasks.get(key);
    if (known !== undefined) return known;
    const task: KnownTask = { status: "idle", attempt: 0, tool: "", isOnFallback: false, routed: undefined };
    this.#tasks.set(key, task);
    return task;
  }
}

function statusAfter(
  event: Extract<TaskEvent, { type: "task.succeeded" | "task.failed" | "task.cancelled" | "task.reused" }>,
): Status {
  if (event.type === "task.reused") return event.as === "failed" ? "handled" : event.as;
  if (event.type === "task.succeeded") return "succeeded";
  if (event.type === "task.cancelled") return "cancelled";
  return event.isHandled === true ? "handled" : "failed";
}
