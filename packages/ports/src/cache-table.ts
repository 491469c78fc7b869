/**
 * Rows of caches, kept beside the journals: what was worked out before, by a key that covers everything it depends on. What
 * to keep, for how long and how much is the caches' own affair; the table only keeps it. Losing a row costs time, never truth.
 */

export type CacheKind = "model" | "tool" | "plan" | "shape";

export interface CacheKey {
  readonly tenant: string;
  readonly kind: CacheKind;
  readonly key: string;
}

export interface CacheRow extends CacheKey {
  /** JSON text. */
  readonly body: string;
  /** Of `body` in UTF-8. */
  readonly bytes: number;
  /** Milliseconds since the Unix epoch, like the other times. */
  readonly createdMs: number;
  /** Absent: never. */
  readonly expiresMs?: number;
  readonly usedMs: number;
  /** How often it was used. */
  readonly hits: number;
}

/** All rows of a tenant, of one kind of it, or one row. */
export interface CacheQuery {
  readonly tenant: string;
  readonly kind?: CacheKind;
  readonly key?: string;
  /** Only those that expire at this time or before. */
  readonly expiredAtMs?: number;
  /** Only those that were made before. */
  readonly createdBeforeMs?: number;
}

/** What the rows of one kind may come to. */
export interface CacheRoom {
  readonly tenant: string;
  readonly kind: CacheKind;
  readonly bytesMax: number;
  readonly rowsMax: number;
}

/** A row without its body. */
export type CacheListing = Omit<CacheRow, "body">;

export interface CacheUsage {
  readonly kind: CacheKind;
  readonly rows: number;
  readonly bytes: number;
  readonly hits: number;
}

export interface CacheTable {
  /** The row, expired or not; also one that is not durable yet. */
  find(key: CacheKey): Promise<CacheRow | undefined>;
  /** Adds or replaces a row. It rides on the next commit of the store, or has one of its own within a tenth of a second: nobody needs to wait. */
  put(row: CacheRow): Promise<void>;
  /** Counts a use; like `put`, soon. */
  touch(key: CacheKey, usedMs: number): Promise<void>;
  /** Returns how many rows were removed. */
  remove(query: CacheQuery): Promise<number>;
  /** Removes the rows of one kind that were unused for longest, until the others have room; returns how many. */
  trim(room: CacheRoom): Promise<number>;
  /** The last used first; expired or not. */
  list(query: CacheQuery & { readonly limit: number }): Promise<readonly CacheListing[]>;
  /** What is there, by kind. */
  usage(tenant: string): Promise<readonly CacheUsage[]>;
}
