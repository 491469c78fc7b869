/** What goes on in a run at this moment, kept up to date signal by signal: the work per signal does not grow with the plan. */
import type { Plan } from "@agentmesh/core";
import type { EphemeralEvent, RunSignal } from "@agentmesh/runtime";
import type { Awaited } from "./wait-text.ts";

export interface RunningTask {
  readonly tool: string;
  readonly startedAtMs: number;
  readonly attempt: number;
  progress: string;
}

/** A task, the plan or the budget that waits for somebody or something outside. */
export interface WaitingEntry extends Awaited {
  readonly sinceMs: number;
}

export interface RunningNode {
  readonly node: string;
  readonly startedAtMs: number;
  /** The end of what its model says. */
  tail: string;
}

type EndStatus = "succeeded" | "failed" | "skipped" | "cancelled";
type SignalOf<Type extends RunSignal["type"]> = Extract<RunSignal, { readonly type: Type }>;

/** How much of a model's text is kept to be shown, in UTF-16 units. */
const TAIL_CHARS_MAX = 200;

export class TaskBoard {
  revision = 0;
  startedAtMs = 0;
  /** Tasks of the accepted plan; elements of an `each` do not count. */
  total = 0;
  readonly ended: Record<EndStatus, number> = { succeeded: 0, failed: 0, skipped: 0, cancelled: 0 };
  readonly running = new Map<string, RunningTask>();
  readonly waiting = new Map<string, WaitingEntry>();
  readonly nodes = new Map<string, RunningNode>();
  /** Expanded tasks: how many of their elements are over. */
  readonly #groups = new Map<string, { readonly count: number; over: number }>();
  #proposed: Plan | undefined;
  #tools = new Map<string, string>();
  /** Tasks that have another tool than the plan's. */
  readonly #routed = new Map<string, string>();

  /** What happened before this process took the run up: its time does not count here. */
  recall(signal: RunSignal): void {
    this.take(signal);
    this.startedAtMs = 0;
  }

  take(signal: RunSignal): void {
    this.startedAtMs ||= signal.atMs;
    this.#takeWait(signal);
    if (signal.type.startsWith("task.")) this.#takeTask(signal);
    else if (signal.type.startsWith("node.")) this.#takeNode(signal);
    else if (signal.type === "plan.proposed") this.#proposed = signal.plan;
    else if (signal.type === "plan.accepted" || signal.type === "plan.patched") this.#accept(signal);
  }

  /** How many calls are under way: an expanded task is none itself. */
  get calls(): number {
    const expanded = [...this.#groups.keys()].filter((task) => this.running.has(task));
    return this.running.size - expanded.length;
  }

  /** The tool that a task or an element is bound to. */
  toolOf(task: string): string {
    return this.#routed.get(task) ?? this.#tools.get(groupOf(task)) ?? "";
  }

  #accept({ revision, bindings }: SignalOf<"plan.accepted"> | SignalOf<"plan.patched">): void {
    const tasks = this.#proposed?.tasks ?? [];
    this.revision = revision;
    this.total = tasks.length;
    this.#tools = new Map(tasks.map(({ id, use }) => [id, bindings[use]?.tool ?? use]));
  }

  #takeTask(signal: RunSignal): void {
    switch (signal.type) {
      case "task.reused":
        return this.#end(signal.task, signal.as);
      case "task.expanded":
        this.#groups.set(signal.task, { count: signal.count, over: 0 });
        this.#begin(signal.task, { atMs: signal.atMs, attempt: 1, progress: `0/${signal.count}` });
        return;
      case "task.started":
        return this.#begin(signal.task, { atMs: signal.atMs, attempt: signal.attempt, progress: "" });
      case "task.routed":
        this.#routed.set(signal.task, signal.to);
        return;
      case "task.progress":
        return this.#progress(signal);
      case "task.succeeded":
      case "task.failed":
      case "task.skipped":
      case "task.cancelled":
        return this.#end(signal.task, signal.type.slice("task.".length) as EndStatus);
      case "task.in_doubt":
      case "task.retried":
        this.running.delete(signal.task);
        break;
      default:
    }
  }

  #takeWait(signal: RunSignal): void {
    switch (signal.type) {
      case "approval.requested": {
        const { approval, expiresAtMs: untilMs, atMs: sinceMs } = signal;
        this.waiting.set(approval, { for: "approval", untilMs, sinceMs });
        return;
      }
      case "task.waiting": {
        const { task, for: kind, name: signalName, untilMs, atMs: sinceMs } = signal;
        this.waiting.set(task, { for: kind, signal: signalName, untilMs, sinceMs });
        return;
      }
      case "task.in_doubt":
        this.waiting.set(signal.task, { for: "resolution", sinceMs: signal.atMs });
        return;
      case "approval.granted":
      case "approval.denied":
        this.waiting.delete(signal.approval);
        return;
      case "task.resolved":
      case "task.succeeded":
      case "task.failed":
        this.waiting.delete(signal.task);
        break;
      default:
    }
  }

  #begin(task: string, { atMs, attempt, progress }: { atMs: number; attempt: number; progress: string }): void {
    this.running.set(task, { tool: this.toolOf(task), startedAtMs: atMs, attempt, progress });
  }

  #progress({ task, progress, total, message }: Extract<EphemeralEvent, { type: "task.progress" }>): void {
    const running = this.running.get(task);
    if (running === undefined) return;
    const done = total === undefined ? String(progress) : `${progress}/${total}`;
    running.progress = message === undefined ? done : `${done} ${message}`;
  }

  #end(task: string, status: EndStatus): void {
    this.running.delete(task);
    const group = groupOf(task);
    if (group === task) {
      this.ended[status]++;
      return;
    }
    const counted = this.#groups.get(group);
    const running = this.running.get(group);
    if (counted === undefined || running === undefined) return;
    counted.over++;
    running.progress = `${counted.over}/${counted.count}`;
  }

  #takeNode(signal: RunSignal): void {
    if (signal.type === "node.started")
      this.nodes.set(signal.call, { node: signal.node, startedAtMs: signal.atMs, tail: "" });
    else if (signal.type === "node.succeeded" || signal.type === "node.failed") this.nodes.delete(signal.call);
    else if (signal.type === "node.delta") this.#hear(signal.call, signal.delta);
  }

  #hear(call: string, delta: string): void {
    const node = this.nodes.get(call);
    if (node !== undefined) node.tail = `${node.tail}${delta}`.slice(-TAIL_CHARS_MAX);
  }
}

/** `pages[3]` -> `pages` */
function groupOf(task: string): string {
  const bracket = task.indexOf("[");
  return bracket === -1 ? task : task.slice(0, bracket);
}
