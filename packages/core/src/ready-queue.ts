/** An indexed binary heap: the first by order, any item removable, since a journal may have been written under another order. */

export interface Queued {
  /** Where the item stands in its queue; -1 when in none. Written by the queue alone. */
  heapAt: number;
}

export class ReadyQueue<Item extends Queued> {
  readonly #heap: Item[] = [];
  readonly #isBefore: (left: Item, right: Item) => boolean;

  constructor(isBefore: (left: Item, right: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#heap.length;
  }

  get first(): Item | undefined {
    return this.#heap[0];
  }

  push(item: Item): void {
    this.#up(item, this.#heap.push(item) - 1);
  }

  remove(item: Item): void {
    const at = item.heapAt;
    const last = this.#heap.pop();
    item.heapAt = -1;
    if (last === undefined || last === item) return;
    const parent = this.#heap[(at - 1) >> 1];
    if (at > 0 && parent !== undefined && this.#isBefore(last, parent)) this.#up(last, at);
    else this.#down(last, at);
  }

  #up(item: Item, from: number): void {
    let at = from;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || !this.#isBefore(item, parent)) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(item, at);
  }

  #down(item: Item, from: number): void {
    let at = from;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const child = left !== undefined && right !== undefined && this.#isBefore(right, left) ? right : left;
      if (child === undefined || !this.#isBefore(child, item)) break;
      const childAt = child.heapAt;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(item, at);
  }

  #place(item: Item, at: number): void {
    this.#heap[at] = item;
    item.heapAt = at;
  }
}
