/** The sequences of a context: each works on one request, and keeps what it has read for the next one with the same beginning. */
import type { LlamaChat, LlamaSequence, Token } from "./llama-library.ts";

export interface Slot {
  readonly sequence: LlamaSequence;
  /** Absent for a base model. */
  readonly chat?: LlamaChat;
}

interface Waiting {
  readonly tokens: readonly Token[];
  readonly give: (slot: Slot) => void;
}

export class SequencePool {
  readonly #idle: Slot[];
  readonly #waiting: Waiting[] = [];

  constructor(slots: readonly Slot[]) {
    this.#idle = [...slots];
  }

  /**
   * The idle one that has read much of these tokens, else the one that has been idle longest; waits, in turn, while all
   * work. Rejects with the signal's reason.
   */
  async take(tokens: readonly Token[], signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const slot = this.#best(tokens);
    if (slot !== undefined) return slot;
    return await new Promise<Slot>((resolve, reject) => {
      const waiting: Waiting = {
        tokens,
        give: (given) => {
          signal.removeEventListener("abort", leave);
          resolve(given);
        },
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is the caller's own error
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiting);
    });
  }

  give(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(slot);
    else next.give(slot);
  }

  #best(tokens: readonly Token[]): Slot | undefined {
    const [best] = this.#idle
      .map((slot) => ({ slot, shared: sharedTokens(slot, tokens) }))
      .sort((left, right) => right.shared - left.shared);
    if (best === undefined) return undefined;
    const isWorthIt = best.shared >= SHARE_WORTH * Math.min(tokens.length, best.slot.sequence.nextTokenIndex);
    const index = isWorthIt && best.shared > 0 ? this.#idle.indexOf(best.slot) : 0;
    return this.#idle.splice(index, 1)[0];
  }
}

/** Of the shorter of the two texts, the part that must be shared: any two chats share their first words. */
const SHARE_WORTH = 0.5;

function sharedTokens({ sequence }: Slot, tokens: readonly Token[]): number {
  return Math.min(sequence.compareContextTokens(tokens).firstDifferentIndex, sequence.nextTokenIndex);
}
