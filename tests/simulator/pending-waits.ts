/** What a run waits for, read off its stored rows: what a person would see in a list of open questions. */
import type { CommittedRow } from "./simulated-world.ts";

export interface OpenApproval {
  readonly approval: string;
  readonly subject: string;
  readonly tool?: string;
  readonly expiresAtMs?: number;
}

interface OpenWait {
  readonly for: string;
  readonly name?: string;
  readonly untilMs?: number;
}

export class PendingWaits {
  readonly approvals = new Map<string, OpenApproval>();
  readonly doubts = new Set<string>();
  readonly waits = new Map<string, OpenWait>();
  status: "none" | "running" | "suspended" | "over" = "none";
  readonly #rows: readonly CommittedRow[];
  #read = 0;

  constructor(rows: readonly CommittedRow[]) {
    this.#rows = rows;
  }

  refresh(): this {
    for (; this.#read < this.#rows.length; this.#read++) {
      const row = this.#rows[this.#read];
      if (row !== undefined) this.#take(row);
    }
    return this;
  }

  /** When the first of them ends by itself; Infinity: none does. */
  get endsAtMs(): number {
    const times = [
      ...[...this.approvals.values()].map(({ expiresAtMs }) => expiresAtMs),
      ...[...this.waits.values()].map(({ untilMs }) => untilMs),
    ];
    return Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  }

  get isWaiting(): boolean {
    return this.approvals.size + this.doubts.size + this.waits.size > 0;
  }

  #take({ type, body }: CommittedRow): void {
    if (type.startsWith("run.")) return this.#takeStatus(type);
    switch (type) {
      case "approval.requested": {
        const asked = JSON.parse(body) as OpenApproval;
        this.approvals.set(asked.approval, asked);
        return;
      }
      case "approval.granted":
      case "approval.denied":
        this.approvals.delete((JSON.parse(body) as OpenApproval).approval);
        return;
      case "task.waiting":
        this.waits.set(taskOf(body), JSON.parse(body) as OpenWait);
        return;
      case "task.in_doubt":
        this.doubts.add(taskOf(body));
        return;
      case "task.resolved":
        this.doubts.delete(taskOf(body));
        return;
      case "task.skipped":
        this.approvals.delete(taskOf(body));
        this.waits.delete(taskOf(body));
        return;
      case "task.succeeded":
      case "task.failed":
        this.waits.delete(taskOf(body));
    }
  }

  #takeStatus(type: string): void {
    if (type === "run.cancel_requested") {
      this.approvals.clear();
      this.waits.clear();
    }
    if (type === "run.succeeded" || type === "run.failed" || type === "run.cancelled") this.status = "over";
    else if (type === "run.suspended") this.status = "suspended";
    else this.status = "running";
  }
}

function taskOf(body: string): string {
  return (JSON.parse(body) as { readonly task: string }).task;
}
