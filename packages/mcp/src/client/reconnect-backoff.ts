/** When a lost server may be tried again: at once after the first loss, then later and later while it keeps failing. */

const FIRST_DELAY_MS = 250;
const DELAY_MS_MAX = 30_000;
/** A connection that lived this long was a good one: what failed before it is forgotten. */
const STABLE_MS = 10_000;
/** Delays vary by up to this part, so that many meshes do not knock together. */
const JITTER = 0.2;

export class ReconnectBackoff {
  #failures = 0;
  #notBeforeMs = 0;

  /** Milliseconds from now until the next attempt may be made; 0 when it may at once. */
  get waitMs(): number {
    return Math.max(0, this.#notBeforeMs - performance.now());
  }

  /** An attempt failed, or a connection was lost after `livedMs`. */
  failed(livedMs = 0): void {
    this.#failures = livedMs >= STABLE_MS ? 1 : this.#failures + 1;
    const delayMs = this.#failures === 1 ? 0 : Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (this.#failures - 2));
    this.#notBeforeMs = performance.now() + delayMs * (1 - JITTER * Math.random());
  }
}
