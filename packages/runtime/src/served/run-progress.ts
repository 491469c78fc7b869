/** How far a run is, from its journal: tasks that are over, of those there are. */
import type { CallProgress } from "@agentmesh/mcp/server";
import type { RunSignal } from "../driver/run-signal.ts";

/** Between two reports, in milliseconds: a run of thousands of tasks would say too much. */
const PAUSE_MS = 100;
const OVER: ReadonlySet<string> = new Set([
  "task.succeeded",
  "task.failed",
  "task.skipped",
  "task.cancelled",
  "task.reused",
]);

export class RunProgress {
  readonly #report: (progress: CallProgress) => void;
  readonly #over = new Set<string>();
  #total = 0;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(report: (progress: CallProgress) => void) {
    this.#report = report;
  }

  add(signal: RunSignal): void {
    if (signal.type === "node.started") return this.#say(signal.atMs, signal.node);
    if (signal.type === "plan.proposed") this.#total = Math.max(this.#total, signal.plan.tasks.length);
    if (signal.type === "task.expanded") this.#total += signal.count;
    if (!OVER.has(signal.type) || !("task" in signal)) return;
    this.#over.add(signal.task);
    this.#say(signal.atMs, `${signal.task} ${signal.type.slice("task.".length)}`);
  }

  #say(atMs: number, message: string): void {
    const progress = this.#over.size;
    const isLast = progress === this.#total;
    if (atMs - this.#reportedAtMs < PAUSE_MS && !isLast) return;
    this.#reportedAtMs = atMs;
    this.#report({ progress, ...(this.#total === 0 ? {} : { total: Math.max(this.#total, progress) }), message });
  }
}
