/** Chance that can be repeated: everything that a simulation draws comes from its seed. */

/** How far apart the streams of two neighbouring seeds begin. */
const GOLDEN = 0x9e3779b9;

export class Chance {
  #state: number;

  constructor(seed: number, name = "") {
    this.#state = mixed(Math.imul(seed, GOLDEN) ^ hashOf(name));
  }

  /** Another stream of the same seed: what one part draws does not move what another draws. */
  fork(name: string): Chance {
    return new Chance(this.#state, name);
  }

  /** In [0, 1). */
  unit(): number {
    this.#state = (this.#state + GOLDEN) | 0;
    return (mixed(this.#state) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1));
  }

  /** True so often of 100. */
  percent(share: number): boolean {
    return this.unit() * 100 < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)];
    if (item === undefined) throw new RangeError("nothing to pick from");
    return item;
  }

  /** Each item so often as its weight says. */
  weighted<Item extends string>(weights: Readonly<Record<Item, number>>): Item {
    const entries = Object.entries(weights) as [Item, number][];
    let left = this.unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of entries) {
      left -= weight;
      if (left < 0) return item;
    }
    return this.pick(entries)[0];
  }
}

function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash;
}
