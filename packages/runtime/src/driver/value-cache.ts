/** Outputs that tasks may still read, kept in memory up to a budget; what was dropped is read from the store again. */
import type { Json, Payload } from "@agentmesh/core";
import type { BlobStore } from "@agentmesh/ports";

/** How many bytes of outputs one run keeps in memory. */
export const VALUES_BYTES_MAX = 64 * 1024 * 1024;

export class ValueCache {
  readonly #store: BlobStore;
  readonly #values = new Map<string, { readonly value: Json; readonly bytes: number }>();
  /** Values that the store has only in masked form. */
  readonly #pinned = new Map<string, Json>();
  #bytes = 0;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  keep(payload: Payload, value: Json): void {
    if (payload.isRedacted === true) this.#pinned.set(payload.hash, value);
    else if (payload.value === undefined) this.#add(payload.hash, { value, bytes: payload.bytes });
  }

  /** The value behind a payload; undefined when the store has lost it. */
  read(payload: Payload): Json | undefined {
    const pinned = this.#pinned.get(payload.hash);
    if (pinned !== undefined) return pinned;
    if (payload.value !== undefined) return payload.value;
    const held = this.#values.get(payload.hash);
    if (held !== undefined) return held.value;
    const text = this.#store.blob(payload.hash);
    if (text === undefined) return undefined;
    const value = JSON.parse(text) as Json;
    this.#add(payload.hash, { value, bytes: payload.bytes });
    return value;
  }

  #add(hash: string, entry: { readonly value: Json; readonly bytes: number }): void {
    if (this.#values.has(hash)) return;
    this.#values.set(hash, entry);
    this.#bytes += entry.bytes;
    for (const [oldest, { bytes }] of this.#values) {
      if (this.#bytes <= VALUES_BYTES_MAX) break;
      this.#values.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}
