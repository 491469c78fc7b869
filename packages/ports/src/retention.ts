/** What need not be kept any more: finished runs, the values that nothing refers to, rows of caches that have expired. */

export interface PruneQuery {
  /** Only runs and rows of this tenant; absent: of all. */
  readonly tenant?: string;
  /** Only runs that ended before this time, in milliseconds since the Unix epoch. */
  readonly endedBeforeMs?: number;
  /** The newest finished runs of each tenant stay, so many of them. */
  readonly keep?: number;
  /** Rows of caches that have expired by then go; milliseconds since the Unix epoch. */
  readonly nowMs: number;
  /** Nothing is removed; the report says what would be. */
  readonly isDryRun?: boolean;
  /** Gives the room back to the system, where that is another step: it may take long, and keeps others waiting. */
  readonly isCompacting?: boolean;
}

export interface PruneReport {
  readonly runs: number;
  readonly events: number;
  /** Values that no run refers to any more, of whatever tenant. */
  readonly values: number;
  /** JSON text of the events and values, in characters: about what it gives back. */
  readonly bytes: number;
  readonly cacheRows: number;
}

export interface Retention {
  /**
   * Removes finished runs of which both `endedBeforeMs` and `keep`, where given, say that they may go; with neither none.
   * Never a run that has not ended, nor one that such a run has started, whose result it may still have to read; nor a value that a run refers to which stays, or which is being appended meanwhile, by
   * whatever process. Stopped half-way it leaves values that nothing refers to, which the next time removes. Throws StoreError.
   */
  prune(query: PruneQuery): Promise<PruneReport>;
}
