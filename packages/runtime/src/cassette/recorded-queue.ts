/** Recorded calls by what they ask: the same is given in the order in which it was recorded. */
import type { Difference } from "./json-difference.ts";

interface Entry<Item> {
  readonly item: Item;
  /** `/calls/3`: where it stands in the file. */
  readonly at: string;
  isUsed: boolean;
}

export interface QueueKeys<Item> {
  /** The list's name in the file. */
  readonly name: string;
  readonly keyOf: (item: Item) => string;
  /** Items that can be meant by one another. */
  readonly groupOf: (item: Item) => string;
}

/** So many candidates are compared to find the nearest. */
const COMPARED_MAX = 200;

export class RecordedQueue<Item> {
  readonly #entries: readonly Entry<Item>[];
  readonly #byKey: ReadonlyMap<string, readonly Entry<Item>[]>;
  readonly #byGroup: ReadonlyMap<string, readonly Entry<Item>[]>;

  constructor(items: readonly Item[], { name, keyOf, groupOf }: QueueKeys<Item>) {
    this.#entries = items.map((item, index) => ({ item, at: `/${name}/${index}`, isUsed: false }));
    this.#byKey = Map.groupBy(this.#entries, ({ item }) => keyOf(item));
    this.#byGroup = Map.groupBy(this.#entries, ({ item }) => groupOf(item));
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  take(key: string): Item | undefined {
    const entry = this.#byKey.get(key)?.find(({ isUsed }) => !isUsed);
    if (entry === undefined) return undefined;
    entry.isUsed = true;
    return entry.item;
  }

  /** The one that is left with the fewest differences. */
  nearest(
    group: string,
    differences: (item: Item) => readonly Difference[],
  ): { readonly at?: string; readonly differences: readonly Difference[] } {
    const left = (this.#byGroup.get(group) ?? []).filter(({ isUsed }) => !isUsed).slice(0, COMPARED_MAX);
    const compared = left.map(({ at, item }) => ({ at, differences: differences(item) }));
    const [first] = compared.toSorted((one, other) => one.differences.length - other.differences.length);
    return first ?? { differences: [] };
  }

  /** What nobody has taken. */
  left(nameOf: (item: Item) => string): readonly { readonly at: string; readonly called: string }[] {
    return this.#entries.filter(({ isUsed }) => !isUsed).map(({ at, item }) => ({ at, called: nameOf(item) }));
  }
}
