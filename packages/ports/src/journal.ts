/** Where runs live: append-only journals of events, and the values that they refer to. */
import type { PublicRunStatus, RunEvent } from "@agentmesh/core";

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
}

export interface Journal {
  /**
   * Appends the next events of a run together with their values; resolves when they are durable, all or none of them.
   * Everything appended during one turn of the event loop shares one commit. Rejects with JournalConflictError when the
   * first event is not the run's next one, with StoreError when the store fails; after a StoreError this journal takes
   * no more, and its runs must be read again.
   */
  append(events: readonly RunEvent[], blobs: readonly StoredBlob[]): Promise<void>;
  /** The events after a sequence number (0: all), in order; empty for a run that does not exist. Throws CorruptEventError at the first unreadable one. */
  read(run: string, afterSeq: number): Promise<readonly RunEvent[]>;
  /** Newest first. */
  runs(query: RunQuery): Promise<readonly RunSummary[]>;
  close(): Promise<void>;
}

export interface BlobStore {
  /** The canonical JSON text of a value, if it is stored. Synchronous: values are read within a turn. */
  blob(hash: string): string | undefined;
}

export interface Store extends Journal, BlobStore {}
