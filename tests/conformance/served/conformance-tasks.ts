/** The tasks of the fixture, in memory: each ends by itself after a time, or once all that it asks for is answered. */
import { randomUUID } from "node:crypto";
import type { JsonObject } from "@agentmesh/core";
import { type AskedInputs, ServedNameError, type ServedAnswer, type ServedTask } from "@agentmesh/mcp/server";

const POLL_MS = 200;

type TaskEnd = Pick<ServedTask, "result" | "error">;

export interface TaskWork {
  /** How it ends. */
  readonly end: TaskEnd;
  readonly afterMs?: number;
  /** It ends once they are answered. */
  readonly asks?: AskedInputs;
}

export class ConformanceTasks {
  readonly #tasks = new Map<string, { task: ServedTask; readonly end: TaskEnd }>();

  begin({ end, afterMs = 0, asks = {} }: TaskWork): ServedAnswer {
    const now = Date.now();
    const task: ServedTask = {
      id: randomUUID(),
      status: "working",
      createdAtMs: now,
      updatedAtMs: now,
      pollMs: POLL_MS,
    };
    this.#tasks.set(task.id, { task: asking(task, asks), end });
    if (Object.keys(asks).length === 0) setTimeout(() => this.#end(task.id), afterMs).unref();
    return { kind: "task", task };
  }

  get(id: string): Promise<ServedTask> {
    return Promise.resolve(this.#find(id).task);
  }

  update(id: string, answers: Readonly<Record<string, unknown>>): Promise<void> {
    const kept = this.#find(id);
    const open = Object.entries(kept.task.requests ?? {}).filter(([key]) => !Object.hasOwn(answers, key));
    if (kept.task.status !== "input_required") return Promise.resolve();
    kept.task = asking(kept.task, Object.fromEntries(open));
    if (open.length === 0) this.#end(id);
    return Promise.resolve();
  }

  cancel(id: string): Promise<void> {
    const kept = this.#find(id);
    if (!isOver(kept.task)) kept.task = { ...asking(kept.task, {}), status: "cancelled" };
    return Promise.resolve();
  }

  #end(id: string): void {
    const kept = this.#find(id);
    if (isOver(kept.task)) return;
    const status = kept.end.error === undefined ? "completed" : "failed";
    kept.task = { ...asking(kept.task, {}), ...kept.end, status, updatedAtMs: Date.now() };
  }

  #find(id: string): { task: ServedTask; readonly end: TaskEnd } {
    const kept = this.#tasks.get(id);
    if (kept === undefined) throw new ServedNameError("task", id);
    return kept;
  }
}

function asking(task: ServedTask, asks: AskedInputs): ServedTask {
  const { requests: _requests, ...rest } = task;
  const isAsking = Object.keys(asks).length > 0;
  return isAsking ? { ...rest, status: "input_required", requests: asks } : { ...rest, status: "working" };
}

function isOver({ status }: ServedTask): boolean {
  return status === "completed" || status === "cancelled" || status === "failed";
}

/** What a tool gives, as the end of a task. */
export function resultOf(answer: ServedAnswer): JsonObject {
  return answer.kind === "result" ? answer.result : {};
}
