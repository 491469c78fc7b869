/** A value by its content hash. Values are stored once; events refer to them. Hashing is the shell's work: the core only carries the result. */
import * as z from "./zod.ts";
import { isJson, type Json } from "./json.ts";

/** Values up to this size, as canonical JSON in UTF-8 bytes, stand in the event itself and nowhere else. */
export const INLINE_BYTES_MAX = 256;

export const Payload = z.strictObject({
  /** sha256, base64url, of the value's canonical JSON text. */
  hash: z.string(),
  bytes: z.int().min(0),
  /** Absent: the value is in the blob store under `hash`. */
  value: z.custom<Json>((value) => isJson(value)).optional(),
  /** True when secrets were masked in what is stored. */
  isRedacted: z.boolean().optional(),
});
export type Payload = z.infer<typeof Payload>;

/** A payload whose hash and size were just taken from its value's canonical text: whoever stores it need not look again. */
class DescribedPayload implements Payload {
  readonly hash: string;
  readonly bytes: number;
  readonly value: Json;

  constructor(hash: string, bytes: number, value: Json) {
    this.hash = hash;
    this.bytes = bytes;
    this.value = value;
  }
}

/** `hash` and `bytes` are those of the canonical text of `value`. */
export function describedPayload(hash: string, bytes: number, value: Json): Payload {
  return new DescribedPayload(hash, bytes, value);
}

export function isDescribed(payload: Payload): boolean {
  return payload instanceof DescribedPayload;
}
