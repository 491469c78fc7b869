/** Values in memory: what is not yet durable, and up to a budget what was written or read here. */
import type { StoredBlob } from "@agentmesh/ports";

/** In characters of JSON text, for all runs of the store. */
const TEXT_LENGTH_MAX = 64 * 1024 * 1024;

export class BlobCache {
  readonly #texts = new Map<string, string>();
  /** Values that wait for their commit, with how many appends hold them. */
  readonly #waiting = new Map<string, { readonly text: string; appends: number }>();
  #length = 0;

  get(hash: string): string | undefined {
    return this.#waiting.get(hash)?.text ?? this.#texts.get(hash);
  }

  /** Keeps the values until the append has ended, whatever the budget. */
  async during(blobs: readonly StoredBlob[], append: Promise<void>): Promise<void> {
    for (const { hash, text } of blobs) {
      const waiting = this.#waiting.get(hash) ?? { text, appends: 0 };
      waiting.appends++;
      this.#waiting.set(hash, waiting);
    }
    try {
      await append;
      for (const { hash, text } of blobs) this.keep(hash, text);
    } finally {
      for (const { hash } of blobs) this.#letGo(hash);
    }
  }

  /** The oldest values leave when there is no room. */
  keep(hash: string, text: string): void {
    if (this.#texts.has(hash) || text.length > TEXT_LENGTH_MAX) return;
    this.#texts.set(hash, text);
    this.#length += text.length;
    for (const [oldest, { length }] of this.#texts) {
      if (this.#length <= TEXT_LENGTH_MAX) break;
      this.#texts.delete(oldest);
      this.#length -= length;
    }
  }

  #letGo(hash: string): void {
    const waiting = this.#waiting.get(hash);
    if (waiting !== undefined && --waiting.appends <= 0) this.#waiting.delete(hash);
  }
}
