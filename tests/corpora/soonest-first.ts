/** A queue in virtual time: gives back what is due soonest, and of what is due together the first that came. */

export interface Due<Item> {
  readonly atMs: number;
  readonly item: Item;
}

interface Entry<Item> extends Due<Item> {
  readonly order: number;
}

/** A binary heap. */
export class SoonestFirst<Item> {
  readonly #heap: Entry<Item>[] = [];
  #order = 0;

  add(atMs: number, item: Item): void {
    const entry = { atMs, item, order: this.#order++ };
    let at = this.#heap.push(entry) - 1;
    for (let parent = this.#parentAfter(entry, at); parent !== undefined; parent = this.#parentAfter(entry, at)) {
      this.#heap[at] = parent;
      at = (at - 1) >> 1;
    }
    this.#heap[at] = entry;
  }

  take(): Due<Item> | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (let child = this.#childBefore(last, at); child !== undefined; child = this.#childBefore(last, at)) {
      this.#heap[at] = child.entry;
      at = child.at;
    }
    this.#heap[at] = last;
    return first;
  }

  #parentAfter(entry: Entry<Item>, at: number): Entry<Item> | undefined {
    const parent = at === 0 ? undefined : this.#heap[(at - 1) >> 1];
    return parent !== undefined && isSooner(entry, parent) ? parent : undefined;
  }

  #childBefore(entry: Entry<Item>, at: number): { readonly entry: Entry<Item>; readonly at: number } | undefined {
    const [left, right] = [this.#heap[2 * at + 1], this.#heap[2 * at + 2]];
    const isRight = left !== undefined && right !== undefined && isSooner(right, left);
    const child = isRight ? right : left;
    return child !== undefined && isSooner(child, entry) ? { entry: child, at: 2 * at + (isRight ? 2 : 1) } : undefined;
  }
}

function isSooner(left: Entry<unknown>, right: Entry<unknown>): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
