/** A run that is to be forked, as its journal tells it: the state, the last call of each task, and the event that ended it. */
import { evolve } from "../evolve.ts";
import type { Payload } from "../payload.ts";
import type { RunEvent, RunEventOf } from "../run-event.ts";
import type { ReusedTask } from "../run-input.ts";
import { bindingOf, effectOf, RunState, type TaskState } from "../run-state.ts";
import type { ToolEffect } from "../tool-spec.ts";

interface Calls {
  count: number;
  args: Payload | undefined;
}

export class ForkSource {
  readonly state = new RunState();
  readonly #calls = new Map<string, Calls>();
  /** The event that settled a task. */
  readonly #ends = new Map<string, number>();

  constructor(events: readonly RunEvent[]) {
    for (const event of events) {
      evolve(this.state, event);
      this.#take(event);
    }
  }

  callsOf(task: TaskState): Readonly<Calls> | undefined {
    return this.#calls.get(task.key);
  }

  /** Whether it did anything: called, waited, asked, or was expanded into elements. */
  hasRun(task: TaskState): boolean {
    return task.attempt > 0 || task.group !== undefined || this.#calls.has(task.key);
  }

  toolOf(task: TaskState): string {
    return bindingOf(this.state, task)?.tool ?? task.compiled.spec.use;
  }

  effectOf(task: TaskState): ToolEffect {
    return effectOf(this.state, task) ?? "destructive";
  }

  /** A settled task as the fork takes it over. */
  reusedFrom({ key, status, output, error, group }: TaskState): ReusedTask {
    const args = this.#calls.get(key)?.args;
    return {
      task: key,
      as: status === "failed" || status === "skipped" ? status : "succeeded",
      ...(output === undefined ? {} : { output }),
      ...(error === undefined || status !== "failed" ? {} : { error }),
      ...(args === undefined ? {} : { args }),
      ...(group === undefined ? {} : { count: group.elements.length }),
      from: { run: this.state.run, seq: this.#ends.get(key) ?? this.state.seq },
    };
  }

  #take(event: RunEvent): void {
    switch (event.type) {
      case "task.started":
        return this.#call(event);
      case "task.reused":
        this.#ends.set(event.task, event.seq);
        if (event.args !== undefined) this.#calls.set(event.task, { count: 1, args: event.args });
        return;
      case "task.succeeded":
      case "task.failed":
      case "task.skipped":
      case "task.cancelled":
      case "task.resolved":
        this.#ends.set(event.task, event.seq);
        break;
      default:
    }
  }

  #call({ task, args }: RunEventOf<"task.started">): void {
    const count = (this.#calls.get(task)?.count ?? 0) + 1;
    this.#calls.set(task, { count, args });
  }
}
