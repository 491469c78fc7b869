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
    return this.#mask.finds(plain) ? this.#writeMasked(plain) : describe(plain, value);
  }

  #writeMasked(plain: string): WrittenPayload {
    const text = this.#mask.mask(plain);
    const { payload, blob } = describe(text, undefined);
    const isInline = blob === undefined;
    return {
      payload: { ...payload, ...(isInline ? { value: JSON.parse(text) as Json } : {}), isRedacted: true },
      ...(isInline ? {} : { blob }),
    };
  }
}

/** `value`: what the text says. */
function describe(text: string, value: Json | undefined): WrittenPayload {
  const digest = hash("sha256", text, "base64url");
  const bytes = Buffer.byteLength(text);
  if (bytes > INLINE_BYTES_MAX) return { payload: { hash: digest, bytes }, blob: { hash: digest, text } };
  return { payload: value === undefined ? { hash: digest, bytes } : describedPayload(digest, bytes, value) };
}
