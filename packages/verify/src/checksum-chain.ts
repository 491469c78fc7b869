/** The order and the checksums of a run's rows: each sum covers its row and the sum before it. */
import { crc32 } from "node:zlib";
import type { StoredRow } from "./stored-row.ts";
import { type Fault, faultUnless } from "./verification.ts";

export class ChecksumChain {
  #seq = 0;
  /** What the next sum may continue: after a wrong one both the stored and the right one, so that one fault is told once. */
  #sums: readonly (number | undefined)[];

  constructor(run: string) {
    this.#sums = [crc32(run)];
  }

  /** Whether a row is missing before the one that was looked at last. */
  hasGap = false;

  faults(row: StoredRow): readonly Fault[] {
    const expected = this.#seq + 1;
    this.#seq = row.seq;
    this.hasGap = row.seq !== expected;
    if (this.hasGap) {
      this.#sums = [row.sum];
      return [{ code: "AM_SEQUENCE_GAP", message: `Event ${expected} is missing; the next one is ${row.seq}.` }];
    }
    if (row.sum === undefined) return [];
    const text = `${row.seq}\n${row.type}\n${row.atMs}\n${row.body}`;
    const right = this.#sums.map((sum) => crc32(text, sum ?? 0));
    const isRight = right.includes(row.sum);
    this.#sums = isRight ? [row.sum] : [row.sum, ...right];
    return faultUnless(isRight, "AM_CHECKSUM", "Its checksum is wrong: it, or the event before it, was changed.");
  }
}
