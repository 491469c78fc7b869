/** Describes values for events: canonical text, hash, and the blob row where the value does not fit into the event. */
import { hash } from "node:crypto";
import { canonicalJson, describedPayload, INLINE_BYTES_MAX, type Json, type Payload } from "@agentmesh/core";
import type { StoredBlob } from "@agentmesh/ports";
import type { SecretMask } from "./secret-mask.ts";

export interface WrittenPayload {
  readonly payload: Payload;
  /** What must be stored with the event; absent for values that stand in it. */
  readonly blob?: StoredBlob;
}

export class PayloadWriter {
  readonly #mask: SecretMask;

  constructor(mask: SecretMask) {
    this.#mask = mask;
  }

  /** Secrets are masked in what is stored; the value itself stays as it is for those that hold it. */
  write(value: Json): WrittenPayload {
    const plain = canonicalJson(value);
    const isRedacted = this.#mask.finds(plain);
    const text = isRedacted ? this.#mask.mask(plain) : plain;
    const bytes = Buffer.byteLength(text);
    const described = { hash: hash("sha256", text, "base64url"), bytes, ...(isRedacted ? { isRedacted } : {}) };
    if (bytes > INLINE_BYTES_MAX) return { payload: described, blob: { hash: described.hash, text } };
    if (isRedacted) return { payload: { ...described, value: JSON.parse(text) as Json } };
    return { payload: describedPayload({ ...described, value }) };
  }
}
