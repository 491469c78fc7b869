/**
 * Equal questions at the same time are asked once. Whoever comes first asks, on its own account and under its own limits; the
 * others wait for what comes of it. One who gives up takes nothing from the others: the next of them asks.
 */

/** What came of a question. `left`: its asker gave up. `failed`: an answer, but none that others can use. */
export type Landing<T> =
  | { readonly type: "shared"; readonly value: T }
  | { readonly type: "left" }
  | { readonly type: "failed" };

export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<Landing<T>>>();

  /** What somebody else is asking; undefined when nobody is. */
  join(key: string): Promise<Landing<T>> | undefined {
    return this.#flights.get(key);
  }

  /** To be called when nobody else is asking. Whoever does must tell what came of it, always; only the first word counts. */
  lead(key: string): (landing: Landing<T>) => void {
    const landing = Promise.withResolvers<Landing<T>>();
    this.#flights.set(key, landing.promise);
    return (landed) => {
      if (this.#flights.get(key) === landing.promise) this.#flights.delete(key);
      landing.resolve(landed);
    };
  }
}
