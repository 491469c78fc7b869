/** The table of caches: its writes ride on the commits of the store, and are seen here at once. */
import type { CacheKey, CacheKind, CacheQuery, CacheRow, CacheTable, CacheUsage } from "@agentmesh/ports";
import type { GroupCommit } from "./group-commit.ts";
import { storeErrorFrom } from "./sqlite-error.ts";
import type { StoreFile } from "./store-file.ts";

export class SqliteCache implements CacheTable {
  readonly #file: StoreFile;
  readonly #writes: GroupCommit;
  /** Rows that wait for their commit. */
  readonly #waiting = new Map<string, CacheRow>();

  constructor(file: StoreFile, writes: GroupCommit) {
    this.#file = file;
    this.#writes = writes;
  }

  async find(key: CacheKey): Promise<CacheRow | undefined> {
    const waiting = this.#waiting.get(textOf(key));
    if (waiting !== undefined) return waiting;
    try {
      const row = this.#file
        .statement("SELECT * FROM cache WHERE tenant = ? AND kind = ? AND key = ?")
        .get(key.tenant, key.kind, key.key);
      return row === undefined ? undefined : rowFrom(row);
    } catch (error) {
      throw storeErrorFrom(error, this.#file.path);
    }
  }

  put(row: CacheRow): Promise<void> {
    this.#waiting.set(textOf(row), row);
    return this.#writes.addRider(() => this.#insert(row));
  }

  touch({ tenant, kind, key }: CacheKey, usedMs: number): Promise<void> {
    return this.#writes.addRider(() => {
      this.#file
        .statement("UPDATE cache SET used_ms = ?, hits = hits + 1 WHERE tenant = ? AND kind = ? AND key = ?")
        .run(usedMs, tenant, kind, key);
    });
  }

  remove({ tenant, kind, key, expiredAtMs }: CacheQuery): Promise<number> {
    return this.#writes.add(() => {
      const { changes } = this.#file
        .statement(
          `DELETE FROM cache WHERE tenant = ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR key = ?3)
             AND (?4 IS NULL OR expires_ms <= ?4)`,
        )
        .run(tenant, kind ?? null, key ?? null, expiredAtMs ?? null);
      return Number(changes);
    });
  }

  trim({ tenant, kind, bytesMax }: { tenant: string; kind: CacheKind; bytesMax: number }): Promise<number> {
    return this.#writes.add(() => {
      const { changes } = this.#file
        .statement(
          `DELETE FROM cache WHERE rowid IN (
             SELECT rowid FROM (
               SELECT rowid, sum(bytes) OVER (ORDER BY used_ms DESC, rowid DESC) AS total
               FROM cache WHERE tenant = ? AND kind = ?)
             WHERE total > ?)`,
        )
        .run(tenant, kind, bytesMax);
      return Number(changes);
    });
  }

  async usage(tenant: string): Promise<readonly CacheUsage[]> {
    try {
      return this.#file
        .statement(
          `SELECT kind, count(*) AS rows, sum(bytes) AS bytes, sum(hits) AS hits FROM cache
           WHERE tenant = ? GROUP BY kind ORDER BY kind`,
        )
        .all(tenant)
        .map((row) => ({
          kind: String(row["kind"]) as CacheKind,
          rows: Number(row["rows"]),
          bytes: Number(row["bytes"]),
          hits: Number(row["hits"]),
        }));
    } catch (error) {
      throw storeErrorFrom(error, this.#file.path);
    }
  }

  /** What was waiting is in the table, or lost. */
  settled(): void {
    this.#waiting.clear();
  }

  #insert({ tenant, kind, key, body, bytes, createdMs, expiresMs, usedMs, hits }: CacheRow): void {
    this.#file
      .statement(
        `INSERT OR REPLACE INTO cache(tenant, kind, key, body, bytes, created_ms, expires_ms, used_ms, hits)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(tenant, kind, key, body, bytes, createdMs, expiresMs ?? null, usedMs, hits);
  }
}

function textOf({ tenant, kind, key }: CacheKey): string {
  return `${tenant}\n${kind}\n${key}`;
}

function rowFrom(row: Record<string, unknown>): CacheRow {
  const expiresMs = row["expires_ms"];
  return {
    tenant: String(row["tenant"]),
    kind: String(row["kind"]) as CacheKind,
    key: String(row["key"]),
    body: String(row["body"]),
    bytes: Number(row["bytes"]),
    createdMs: Number(row["created_ms"]),
    ...(typeof expiresMs === "number" ? { expiresMs } : {}),
    usedMs: Number(row["used_ms"]),
    hits: Number(row["hits"]),
  };
}
