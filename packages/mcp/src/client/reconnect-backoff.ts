/**
 * When a lost server may be tried again: at once after the first loss, then later and later while it keeps failing. One that
 * dies again and again right after its start is in a crash loop: it is left alone for long.
 */

const FIRST_DELAY_MS = 250;
const DELAY_MS_MAX = 30_000;
/** A connection that lived this long was a good one: what failed before it is forgotten. */
const STABLE_MS = 10_000;
/** Delays vary by up to this part, so that many meshes do not knock together. */
const JITTER = 0.2;
/** So many deaths in a row are a crash loop. */
const DEATHS_MAX = 5;
const CRASH_LOOP_MS = 300_000;

export interface Failure {
  /** How long the connection held, in milliseconds; 0 when there was none. */
  readonly livedMs: number;
  /** The process of the server ended by itself. */
  readonly isDeath: boolean;
}

export class ReconnectBackoff {
  #failures = 0;
  #deaths = 0;
  #notBeforeMs = 0;

  /** Milliseconds from now until the next attempt may be made; 0 when it may at once. */
  get waitMs(): number {
    return Math.max(0, this.#notBeforeMs - performance.now());
  }

  /** Deaths in a row, each right after a start; 0 when that is not what is wrong. */
  get loopDeaths(): number {
    return this.#deaths >= DEATHS_MAX ? this.#deaths : 0;
  }

  failed({ livedMs, isDeath }: Failure): void {
    const isStable = livedMs >= STABLE_MS;
    this.#failures = isStable ? 1 : this.#failures + 1;
    this.#deaths = !isDeath ? 0 : isStable ? 1 : this.#deaths + 1;
    this.#notBeforeMs = performance.now() + this.#delayMs() * (1 - JITTER * Math.random());
  }

  /** What failed before is forgotten. */
  reset(): void {
    this.#failures = 0;
    this.#deaths = 0;
    this.#notBeforeMs = 0;
  }

  #delayMs(): number {
    if (this.loopDeaths > 0) return CRASH_LOOP_MS;
    return this.#failures === 1 ? 0 : Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** (this.#failures - 2));
  }
}
