/** Where runs live: append-only journals of events, and the values that they refer to. */
import type { CorruptEventError, PublicRunStatus, RunEvent } from "@agentmesh/core";
import type { CacheTable } from "./cache-table.ts";
import type { Inbox, InboxAnswer } from "./inbox.ts";
import type { Leases } from "./leases.ts";
import type { Retention } from "./retention.ts";

/** A value that an event of the same append refers to by hash. */
export interface StoredBlob {
  /** sha256, base64url, of `text`. */
  readonly hash: string;
  /** Canonical JSON. */
  readonly text: string;
}

export interface RunSummary {
  readonly run: string;
  readonly tenant: string;
  readonly name: string;
  readonly status: PublicRunStatus;
  readonly createdAtMs: number;
}

export interface RunQuery {
  readonly tenant: string;
  readonly limit: number;
  /** Only runs of this status. */
  readonly status?: PublicRunStatus;
  /** `true`: only runs that no living owner holds; with status "running" these are the runs to recover. */
  readonly isUnowned?: boolean;
}

/** As much of a run as can be read. */
export interface IntactEvents {
  readonly events: readonly RunEvent[];
  /** The first event that cannot be read; absent when all can. */
  readonly damage?: CorruptEventError;
}

export interface Journal {
  /**
   * Appends the next events of a run together with their values and settles commands of its inbox; resolves when all of
   * it is durable. Everything given to the store during one turn of the event loop shares one commit. `events` may be
   * empty when there are answers. Rejects with JournalConflictError when this opening of the store does not hold the run
   * or the first event is not the run's next one: nothing is stored then. Rejects with StoreError when the store fails:
   * then nobody knows whether it is stored, all of it or nothing, before the run is read again.
   *
   * `run.created` makes this opening the run's owner; `run.suspended` and each terminal event release the run. After a
   * StoreError every run that this opening held is given up: its appends reject with that error until it is claimed
   * again (and read again, since memory is ahead of the store). New runs work as soon as the store does.
   */
  append(events: readonly RunEvent[], blobs: readonly StoredBlob[], answers?: readonly InboxAnswer[]): Promise<void>;
  /** The events after a sequence number (0: all), in order; empty for a run that does not exist. Throws CorruptEventError at the first unreadable one. */
  read(run: string, afterSeq: number): Promise<readonly RunEvent[]>;
  /** The events before the first unreadable one, and that one's error: for showing a damaged run, never for driving it. */
  readIntact(run: string): Promise<IntactEvents>;
  /** Newest first. */
  runs(query: RunQuery): Promise<readonly RunSummary[]>;
  /** Commits what is waiting, gives back every run, closes. */
  close(): Promise<void>;
}

export interface BlobStore {
  /** The canonical JSON text of a value, if it is stored. Synchronous: values are read within a turn. */
  blob(hash: string): string | undefined;
}

export interface Store extends Journal, BlobStore, Leases, Inbox, Retention {
  readonly cache: CacheTable;
}
