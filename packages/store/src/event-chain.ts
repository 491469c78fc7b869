/**
 * The checksums of a run's events: each covers its event and the sum before it, so that a changed, missing or moved record
 * is found. They find faults of disks and hands, not forgery.
 */
import { crc32 } from "node:zlib";
import { CorruptEventError, decodeSealedEvent, encodeEvent, type RunEvent, type StoredEvent } from "@agentmesh/core";
import type { IntactEvents } from "@agentmesh/ports";
import { textDigest } from "./text-digest.ts";

export interface ChainedEvent extends StoredEvent {
  readonly sum: number;
}

/** The last event of a journal, or none of it. */
export type ChainEnd = Pick<ChainedEvent, "seq" | "sum">;

/** What the sum of a run's first event continues. */
export function firstSum(run: string): number {
  return crc32(run);
}

export function nextSum(previous: number, { seq, type, atMs, body }: StoredEvent): number {
  return crc32(`${seq}\n${type}\n${atMs}\n${body}`, previous);
}

/** The event as it is stored behind another. */
export function chainedEvent(event: RunEvent, previousSum: number): ChainedEvent {
  const { seq, type, atMs, body } = encodeEvent(event, textDigest);
  return { seq, type, atMs, body, sum: nextSum(previousSum, { seq, type, atMs, body }) };
}

export interface ReadChainRequest {
  readonly run: string;
  readonly afterSeq: number;
  /** In order, from event `afterSeq` on, whose sum is taken as it is. */
  readonly rows: Iterable<ChainedEvent>;
  /** Whether what the database throws says that the store is damaged. */
  readonly isDamage?: (error: unknown) => boolean;
}

/** Decodes the events after `afterSeq`, as far as they are whole. Throws what the database throws, unless it is damage. */
export function readChain({ run, afterSeq, rows, isDamage }: ReadChainRequest): IntactEvents {
  const events: RunEvent[] = [];
  let last: ChainEnd | undefined = afterSeq === 0 ? { seq: 0, sum: firstSum(run) } : undefined;
  try {
    for (const row of rows) {
      if (last !== undefined) events.push(nextEvent(run, row, last));
      else if (row.seq !== afterSeq) throw missing(run, afterSeq);
      last = row;
    }
    return { events };
  } catch (error) {
    const seq = (last?.seq ?? afterSeq - 1) + 1;
    if (error instanceof CorruptEventError) return { events, damage: error };
    if (isDamage?.(error) === true) return { events, damage: unreadable(run, seq, error) };
    throw error;
  }
}

/** Throws CorruptEventError. */
function nextEvent(run: string, row: ChainedEvent, last: ChainEnd): RunEvent {
  if (row.seq !== last.seq + 1) throw missing(run, last.seq + 1);
  if (nextSum(last.sum, row) !== row.sum) throw new CorruptEventError(run, row, "its checksum is wrong");
  return decodeSealedEvent(run, row, textDigest);
}

function missing(run: string, seq: number): CorruptEventError {
  return new CorruptEventError(run, { seq, type: "unknown", atMs: 0, body: "" }, "it is missing");
}

function unreadable(run: string, seq: number, error: unknown): CorruptEventError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CorruptEventError(run, { seq, type: "unknown", atMs: 0, body: "" }, `the file is damaged (${reason})`);
}
