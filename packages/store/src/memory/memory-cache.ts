/** The table of caches in the memory of this process. */
import type {
  CacheKey,
  CacheListing,
  CacheQuery,
  CacheRoom,
  CacheRow,
  CacheTable,
  CacheUsage,
  PruneQuery,
} from "@agentmesh/ports";
import { cacheKeyText } from "../cache-key-text.ts";

const DONE = Promise.resolve();

export class MemoryCache implements CacheTable {
  readonly #rows = new Map<string, CacheRow>();

  find(key: CacheKey): Promise<CacheRow | undefined> {
    return Promise.resolve(this.#rows.get(cacheKeyText(key)));
  }

  put(row: CacheRow): Promise<void> {
    this.#rows.set(cacheKeyText(row), row);
    return DONE;
  }

  touch(key: CacheKey, usedMs: number): Promise<void> {
    const row = this.#rows.get(cacheKeyText(key));
    if (row !== undefined) this.#rows.set(cacheKeyText(key), { ...row, usedMs, hits: row.hits + 1 });
    return DONE;
  }

  remove(query: CacheQuery): Promise<number> {
    return Promise.resolve(this.#delete(this.#asked(query)));
  }

  trim({ bytesMax, rowsMax, ...query }: CacheRoom): Promise<number> {
    let [bytes, rows] = [0, 0];
    const isTooMuch = (row: CacheRow): boolean => {
      bytes += row.bytes;
      rows++;
      return bytes > bytesMax || rows > rowsMax;
    };
    return Promise.resolve(this.#delete(this.#asked(query).filter(isTooMuch)));
  }

  list({ limit, ...query }: CacheQuery & { readonly limit: number }): Promise<readonly CacheListing[]> {
    const listed = this.#asked(query).map(({ body: _body, ...listing }) => listing);
    return Promise.resolve(listed.slice(0, limit));
  }

  /** Returns how many rows have expired; they are gone, unless it is a dry run. */
  prune({ tenant, nowMs, isDryRun }: PruneQuery): number {
    const expired = [...this.#rows.values()].filter(
      (row) => (tenant === undefined || row.tenant === tenant) && (row.expiresMs ?? Infinity) <= nowMs,
    );
    return isDryRun === true ? expired.length : this.#delete(expired);
  }

  usage(tenant: string): Promise<readonly CacheUsage[]> {
    const kinds = Map.groupBy(this.#asked({ tenant }), ({ kind }) => kind);
    const usages = [...kinds].map(([kind, rows]) => ({
      kind,
      rows: rows.length,
      bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
      hits: rows.reduce((sum, row) => sum + row.hits, 0),
    }));
    return Promise.resolve(usages.sort((left, right) => (left.kind < right.kind ? -1 : 1)));
  }

  /** The last used first. */
  #asked({ tenant, kind, key, expiredAtMs, createdBeforeMs = Infinity }: CacheQuery): CacheRow[] {
    return [...this.#rows.values()]
      .filter((row) => row.tenant === tenant && (kind === undefined || row.kind === kind))
      .filter((row) => (key === undefined || row.key === key) && row.createdMs < createdBeforeMs)
      .filter(({ expiresMs = Infinity }) => expiredAtMs === undefined || expiresMs <= expiredAtMs)
      .sort((left, right) => right.usedMs - left.usedMs);
  }

  #delete(rows: readonly CacheRow[]): number {
    for (const row of rows) this.#rows.delete(cacheKeyText(row));
    return rows.length;
  }
}
