/** Finds the tasks of a run by key: the plan knows the number of each of its tasks, and an element stands in its group. */
import type { TaskState } from "./run-state.ts";

export class TaskTable {
  readonly #indexOf: ReadonlyMap<string, number>;
  readonly #planned: readonly TaskState[];

  /** `planned`: the tasks of the plan, by the numbers of `indexOf`. */
  constructor(indexOf: ReadonlyMap<string, number> = new Map(), planned: readonly TaskState[] = []) {
    this.#indexOf = indexOf;
    this.#planned = planned;
  }

  get(key: string): TaskState | undefined {
    const index = this.#indexOf.get(key);
    return index === undefined ? this.#element(key) : this.#planned[index];
  }

  /** `pages[3]` is an element of `pages`. */
  #element(key: string): TaskState | undefined {
    const bracket = key.lastIndexOf("[");
    if (bracket < 0) return undefined;
    const group = this.#planned[this.#indexOf.get(key.slice(0, bracket)) ?? -1]?.group;
    const element = group?.elements[Number(key.slice(bracket + 1, -1))];
    return element?.key === key ? element : undefined;
  }
}
