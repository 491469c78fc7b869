/**
 * Which task of a plan waits for which, by number, and how much stands behind each. In flat lists of numbers: a list of its
 * own for each of 100,000 tasks would weigh more than the tasks.
 */

/** Lists of numbers, one behind the other. */
class FlatLists {
  /** Where each begins, and where the last ends. */
  readonly #starts: Int32Array;
  readonly #items: Int32Array;

  constructor(starts: Int32Array, items: Int32Array) {
    this.#starts = starts;
    this.#items = items;
  }

  of(index: number): readonly number[] {
    const list: number[] = [];
    const end = this.#starts[index + 1] ?? 0;
    for (let at = this.#starts[index] ?? 0; at < end; at++) list.push(this.#items[at] ?? 0);
    return list;
  }

  count(index: number): number {
    return (this.#starts[index + 1] ?? 0) - (this.#starts[index] ?? 0);
  }

  /** Calls with each item of a list, in order. */
  each(index: number, visit: (item: number) => void): void {
    const end = this.#starts[index + 1] ?? 0;
    for (let at = this.#starts[index] ?? 0; at < end; at++) visit(this.#items[at] ?? 0);
  }

  /** The same pairs from their other ends, in order. */
  reversed(): FlatLists {
    const tasks = this.#starts.length - 1;
    const starts = new Int32Array(tasks + 1);
    for (const item of this.#items) starts[item + 1] = (starts[item + 1] ?? 0) + 1;
    for (let index = 0; index < tasks; index++) starts[index + 1] = (starts[index + 1] ?? 0) + (starts[index] ?? 0);
    const items = new Int32Array(this.#items.length);
    const next = starts.slice();
    for (let index = 0; index < tasks; index++)
      this.each(index, (item) => {
        const at = next[item] ?? 0;
        items[at] = index;
        next[item] = at + 1;
      });
    return new FlatLists(starts, items);
  }
}

const NO_LISTS = new FlatLists(new Int32Array(1), new Int32Array(0));

export class TaskGraph {
  readonly #priorities: Float64Array;
  #dependencies = NO_LISTS;
  #dependents = NO_LISTS;
  /** Of the tasks so far, one behind the other, and where each begins. */
  #added: number[] = [];
  #starts: number[] = [0];
  /** By task: how many tasks there were when another last waited for it, the one that is being added included. */
  #lastAddedBy: Int32Array;

  /** Of so many tasks, which are then added. */
  constructor(tasks: number) {
    this.#priorities = new Float64Array(tasks);
    this.#lastAddedBy = new Int32Array(tasks);
  }

  /** A dependency of the next task; one that it has already is none. */
  add(dependency: number): void {
    if (this.#lastAddedBy[dependency] === this.#starts.length) return;
    this.#lastAddedBy[dependency] = this.#starts.length;
    this.#added.push(dependency);
  }

  /** The next task has all its dependencies. */
  endTask(): void {
    this.#starts.push(this.#added.length);
  }

  /** Once all are added. `expectMs`: how long a task takes. Returns the tasks that wait for each other. */
  close(expectMs: (index: number) => number): readonly number[] {
    this.#dependencies = new FlatLists(new Int32Array(this.#starts), new Int32Array(this.#added));
    this.#dependents = this.#dependencies.reversed();
    this.#added = [];
    this.#starts = [];
    this.#lastAddedBy = new Int32Array(0);
    return this.#rankByLongestPath(expectMs);
  }

  /** Each once. */
  dependenciesOf(index: number): readonly number[] {
    return this.#dependencies.of(index);
  }

  dependencyCount(index: number): number {
    return this.#dependencies.count(index);
  }

  dependentsOf(index: number): readonly number[] {
    return this.#dependents.of(index);
  }

  /**
   * Milliseconds from the start of this task to the end of the longest chain behind it; between equals the fraction
   * decides, which is larger the more tasks wait for this one.
   */
  priorityOf(index: number): number {
    return this.#priorities[index] ?? 0;
  }

  /** Kahn's order, then backwards: own time + the longest chain behind. Returns the tasks that no order can hold. */
  #rankByLongestPath(expectMs: (index: number) => number): readonly number[] {
    const tasks = this.#priorities.length;
    const waiting = new Int32Array(tasks);
    const order: number[] = [];
    for (let index = 0; index < tasks; index++) {
      waiting[index] = this.dependencyCount(index);
      if (waiting[index] === 0) order.push(index);
    }
    const release = (next: number): void => {
      const left = (waiting[next] ?? 0) - 1;
      waiting[next] = left;
      if (left === 0) order.push(next);
    };
    // an array grows while it is walked
    for (const done of order) this.#dependents.each(done, release);
    for (const index of order.toReversed()) this.#rank(index, expectMs(index));
    if (order.length === tasks) return [];
    return [...waiting.keys()].filter((index) => (waiting[index] ?? 0) > 0);
  }

  /** The fraction stays below one, and is cut off before the chain goes on: it never outweighs a millisecond. */
  #rank(index: number, ownMs: number): void {
    let behindMs = 0;
    this.#dependents.each(index, (next) => {
      behindMs = Math.max(behindMs, Math.floor(this.priorityOf(next)));
    });
    const share = this.#dependents.count(index) / (this.#priorities.length + 1);
    this.#priorities[index] = ownMs + behindMs + share;
  }
}
