/** The values of a run by root name: its inputs, itself, and what its tasks have given. Read within a turn, so synchronous. */
import type { Json, Payload, RunState, TaskState } from "@agentmesh/core";
import { MeshError } from "@agentmesh/core";
import type { ValueCache } from "./value-cache.ts";

/** A value that the journal refers to is not in the store. */
export class LostValueError extends MeshError {
  constructor(what: string, hash: string) {
    super({
      code: "AM_VALUE_LOST",
      message: `The value of ${what} is not in the store any more.`,
      hint: "The store was pruned or damaged; start a new run.",
      facts: { what, hash },
    });
  }
}

export class RunValues {
  readonly #state: RunState;
  readonly #cache: ValueCache;

  constructor(state: RunState, cache: ValueCache) {
    this.#state = state;
    this.#cache = cache;
  }

  /** Undefined where the root has no value (yet). Throws LostValueError. */
  valueOf = (root: string): Json | undefined => {
    if (root === "inputs") return this.read("the inputs", this.#state.inputs);
    if (root === "run") return { id: this.#state.run, name: this.#state.name };
    const task = this.#state.taskOf.get(root);
    return task === undefined ? undefined : this.ofTask(task);
  };

  ofTask(task: TaskState): Json | undefined {
    if (task.group !== undefined && task.status === "succeeded")
      return task.group.elements.map((element) => this.ofTask(element) ?? null);
    if (task.status === "skipped" || task.isHandled) return null;
    if (task.status !== "succeeded" && task.output === undefined) return undefined;
    return task.output === undefined ? null : this.read(`task "${task.key}"`, task.output);
  }

  /** Undefined for no payload. Throws LostValueError. */
  read(what: string, payload: Payload | undefined): Json | undefined {
    if (payload === undefined) return undefined;
    const value = this.#cache.read(payload);
    if (value === undefined) throw new LostValueError(what, payload.hash);
    return value;
  }
}
