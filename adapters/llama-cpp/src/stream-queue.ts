/** What a producer pushes and one reader takes, in order. Not bounded by itself: a generation is, by its tokens. */

export class StreamQueue<T> {
  readonly #items: T[] = [];
  #failure: { readonly error: Error } | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;

  push(item: T): void {
    if (this.#isEnded) return;
    this.#items.push(item);
    this.#wake?.();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  /** What was pushed before is read first, unless `isAtOnce`. */
  fail(error: Error, isAtOnce = false): void {
    if (this.#isEnded) return;
    if (isAtOnce) this.#items.length = 0;
    this.#failure = { error };
    this.end();
  }

  async *read(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) yield item;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isEnded) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}
