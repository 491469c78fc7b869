/** Who wants to be told that something changed. One listener that throws keeps no other from being told. */

export class ChangeListeners {
  readonly #listeners = new Set<() => void>();

  /** Returns the way to stop. The same function added twice is told twice. */
  add(listener: () => void): () => void {
    const entry = (): void => listener();
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tell(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
