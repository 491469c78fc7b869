/**
 * Which protocol era a server speaks, once that is known: the next connection does not ask again. Holds for one configuration
 * with its credentials, and not for ever: a server that was updated still answers in the old way.
 */
import type { DiscoverResult } from "@modelcontextprotocol/client";

/** What the SDK takes as its `prior`. */
export type EraVerdict = { readonly kind: "legacy" } | { readonly kind: "modern"; readonly discover: DiscoverResult };

/** An hour. */
const VALID_MS = 3_600_000;

export class EraMemory {
  #verdict: EraVerdict | undefined;
  #learnedAtMs = 0;

  /** Undefined: the server is asked. */
  get verdict(): EraVerdict | undefined {
    return performance.now() - this.#learnedAtMs < VALID_MS ? this.#verdict : undefined;
  }

  /** Found out by asking the server. */
  learn(verdict: EraVerdict): void {
    this.#verdict = verdict;
    this.#learnedAtMs = performance.now();
  }

  /** It did not hold. */
  forget(): void {
    this.#verdict = undefined;
  }
}
