/** What a column can hold: PostgreSQL's text has no NUL, and an index of it no long ones. */
import { StoreError } from "@agentmesh/ports";

/** Of names that are looked up: an entry of an index holds 2,700 at most. */
const KEY_BYTES_MAX = 1_000;

export function isKey(text: string): boolean {
  return !text.includes("\0") && Buffer.byteLength(text) <= KEY_BYTES_MAX;
}

/** Of a run or a tenant. */
export function keyError(what: string, key: string): StoreError {
  return new StoreError({
    code: "AM_STORE_FAILED",
    message: `The ${what} "${key.slice(0, 40)}" cannot be stored: it is longer than ${KEY_BYTES_MAX} bytes or holds a NUL.`,
    hint: "Use a shorter, printable name.",
    facts: { what, length: key.length },
  });
}

/** A name for people. The journal has it unchanged. */
export function labelText(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}
