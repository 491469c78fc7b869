/** Whether the values that events refer to are there, and are what their hashes say. */
import { canonicalText, hashOf } from "./canonical-text.ts";
import type { StoredPayload } from "./journal-event.ts";
import { type Fault, faultUnless, NO_FAULTS } from "./verification.ts";

/** The text of a value in the blob table; undefined when there is none. Throws what the database throws. */
export type ReadBlob = (hash: string) => string | undefined;

export class PayloadCheck {
  readonly #readBlob: ReadBlob;
  /** The bytes of the blobs that were found whole, by hash. */
  readonly #whole = new Map<string, number>();

  constructor(readBlob: ReadBlob) {
    this.#readBlob = readBlob;
  }

  faults(payload: StoredPayload): readonly Fault[] {
    const { inline, field, hash, bytes, isRedacted } = payload;
    if (inline === undefined) return this.#blobFaults(payload);
    const { value } = inline;
    // A mask can change the order of keys: then the text was hashed as it stands.
    const texts = isRedacted ? [canonicalText(value), JSON.stringify(value)] : [canonicalText(value)];
    const isRight = texts.some((text) => hashOf(text) === hash && Buffer.byteLength(text) === bytes);
    return faultUnless(isRight, "AM_VALUE_CHANGED", `The value of "${field}" is not the one that its hash names.`);
  }

  #blobFaults({ field, hash, bytes }: StoredPayload): readonly Fault[] {
    const known = this.#whole.get(hash) ?? this.#look(hash);
    if (typeof known === "string")
      return [{ code: known, message: `The value of "${field}" ${WORDS[known]}: ${hash}` }];
    if (known === bytes) return NO_FAULTS;
    return [{ code: "AM_VALUE_SIZE", message: `"${field}" is said to have ${bytes} bytes; its value has ${known}.` }];
  }

  /** Its bytes, or what is wrong with it. */
  #look(hash: string): number | keyof typeof WORDS {
    const text = this.#read(hash);
    if (text === undefined) return "AM_VALUE_MISSING";
    if (text === null) return "AM_VALUE_UNREADABLE";
    if (hashOf(text) !== hash) return "AM_VALUE_CHANGED";
    const bytes = Buffer.byteLength(text);
    this.#whole.set(hash, bytes);
    return bytes;
  }

  #read(hash: string): string | undefined | null {
    try {
      return this.#readBlob(hash);
    } catch {
      return null;
    }
  }
}

const WORDS = {
  AM_VALUE_MISSING: "is not in the store",
  AM_VALUE_UNREADABLE: "cannot be read",
  AM_VALUE_CHANGED: "is not the one that its hash names",
} as const;
