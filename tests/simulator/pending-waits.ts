/** What a run waits for, read off its stored rows: what a person would see in a list of open questions. */
import { decodeSealedEvent } from "@agentmesh/core";
import { textDigest } from "@agentmesh/store";
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

interface TaskBody extends OpenWait {
  readonly task: string;
  readonly as?: string;
  readonly isHandled?: boolean;
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

  #take(row: CommittedRow): void {
    const event: unknown = decodeSealedEvent("", row, textDigest);
    const { type } = event as { readonly type: string };
    if (type.startsWith("run.")) return this.#takeStatus(type);
    if (type.startsWith("approval.")) return this.#takeApproval(type, event as OpenApproval);
    if (type.startsWith("task.")) this.#takeTask(type, event as TaskBody);
  }

  #takeApproval(type: string, question: OpenApproval): void {
    if (type === "approval.requested") this.approvals.set(question.approval, question);
    else this.approvals.delete(question.approval);
  }

  #takeTask(type: string, { task, ...body }: TaskBody): void {
    if (type === "task.waiting") this.waits.set(task, body);
    else this.waits.delete(task);
    if (type === "task.in_doubt") this.doubts.add(task);
    else this.doubts.delete(task);
    if (type === "task.skipped") this.approvals.delete(task);
    if (body.as === "fail" || (type === "task.failed" && body.isHandled !== true)) this.#withdraw(task);
  }

  /** After an element has failed, nobody is asked about the others any more. */
  #withdraw(task: string): void {
    const at = task.indexOf("[");
    if (at === -1) return;
    for (const open of [this.approvals, this.waits])
      for (const other of open.keys()) if (other.startsWith(task.slice(0, at + 1))) open.delete(other);
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
