/** Rings at once, and then once in a while at most, however often it is asked to: nobody who listens misses that there was something. */

/** Between two rings, in milliseconds. */
const CALM_MS = 500;

export class CalmBell {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAskedAgain = false;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  ask(): void {
    if (this.#timer !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#ring();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isAskedAgain) return;
      this.#isAskedAgain = false;
      this.ask();
    }, CALM_MS);
    this.#timer.unref();
  }
}
