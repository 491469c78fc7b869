/**
 * The checksums of a run's events: each covers its event and the sum before it, so that a changed, missing or moved record
 * is found. They find faults of disks and hands, not forgery.
 */
import { crc32 } from "node:zlib";
import { CorruptEventError, decodeSealedEvent, type RunEvent, type StoredEvent } from "@agentmesh/core";
import type { IntactEvents } from "@agentmesh/ports";

export interface ChainedEvent extends StoredEvent {
  readonly sum: number;
}

/** What the sum of a run's first event continues. */
export function firstSum(run: string): number {
  return crc32(run);
}

export function nextSum(previous: number, { seq, type, atMs, body }: StoredEvent): number {
  return crc32(`${seq}\n${type}\n${atMs}\n${body}`, previous);
}

/**
 * Decodes the events after `afterSeq`, as far as they are whole. `rows` are in order and begin with event `afterSeq` itself,
 * whose sum is taken as it is.
 */
export function readChain(run: string, rows: Iterable<ChainedEvent>, afterSeq: number): IntactEvents {
  const events: RunEvent[] = [];
  let last = afterSeq === 0 ? { seq: 0, sum: firstSum(run) } : undefined;
  try {
    for (const row of rows) {
      if (last !== undefined) events.push(nextEvent(run, row, last));
      else if (row.seq !== afterSeq) throw missing(run, afterSeq);
      last = row;
    }
    return { events };
  } catch (error) {
    if (error instanceof CorruptEventError) return { events, damage: error };
    throw error;
  }
}

/** Throws CorruptEventError. */
function nextEvent(run: string, row: ChainedEvent, last: { readonly seq: number; readonly sum: number }): RunEvent {
  if (row.seq !== last.seq + 1) throw missing(run, last.seq + 1);
  if (nextSum(last.sum, row) !== row.sum) throw new CorruptEventError(run, row, "its checksum is wrong");
  return decodeSealedEvent(run, row);
}

function missing(run: string, seq: number): CorruptEventError {
  return new CorruptEventError(run, { seq, type: "unknown", atMs: 0, body: "" }, "it is missing");
}
