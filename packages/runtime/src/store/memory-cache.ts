/** The table of caches in the memory of this process. */
import type { CacheKey, CacheKind, CacheQuery, CacheRow, CacheTable, CacheUsage } from "@agentmesh/ports";

const DONE = Promise.resolve();

export class MemoryCache implements CacheTable {
  readonly #rows = new Map<string, CacheRow>();

  find(key: CacheKey): Promise<CacheRow | undefined> {
    return Promise.resolve(this.#rows.get(textOf(key)));
  }

  put(row: CacheRow): Promise<void> {
    this.#rows.set(textOf(row), row);
    return DONE;
  }

  touch(key: CacheKey, usedMs: number): Promise<void> {
    const row = this.#rows.get(textOf(key));
    if (row !== undefined) this.#rows.set(textOf(key), { ...row, usedMs, hits: row.hits + 1 });
    return DONE;
  }

  remove({ tenant, kind, key, expiredAtMs }: CacheQuery): Promise<number> {
    const isAsked = (row: CacheRow): boolean =>
      row.tenant === tenant &&
      (kind === undefined || row.kind === kind) &&
      (key === undefined || row.key === key) &&
      (expiredAtMs === undefined || (row.expiresMs ?? Infinity) <= expiredAtMs);
    return Promise.resolve(this.#delete([...this.#rows.values()].filter(isAsked)));
  }

  trim({ tenant, kind, bytesMax }: { tenant: string; kind: CacheKind; bytesMax: number }): Promise<number> {
    const rows = this.#ofTenant(tenant).filter((row) => row.kind === kind);
    let bytes = 0;
    const isTooMuch = (row: CacheRow): boolean => (bytes += row.bytes) > bytesMax;
    return Promise.resolve(this.#delete(rows.sort((left, right) => right.usedMs - left.usedMs).filter(isTooMuch)));
  }

  usage(tenant: string): Promise<readonly CacheUsage[]> {
    const kinds = Map.groupBy(this.#ofTenant(tenant), ({ kind }) => kind);
    const usages = [...kinds].map(([kind, rows]) => ({
      kind,
      rows: rows.length,
      bytes: rows.reduce((sum, row) => sum + row.bytes, 0),
      hits: rows.reduce((sum, row) => sum + row.hits, 0),
    }));
    return Promise.resolve(usages.sort((left, right) => (left.kind < right.kind ? -1 : 1)));
  }

  #ofTenant(tenant: string): CacheRow[] {
    return [...this.#rows.values()].filter((row) => row.tenant === tenant);
  }

  #delete(rows: readonly CacheRow[]): number {
    for (const row of rows) this.#rows.delete(textOf(row));
    return rows.length;
  }
}

function textOf({ tenant, kind, key }: CacheKey): string {
  return `${tenant}\n${kind}\n${key}`;
}
