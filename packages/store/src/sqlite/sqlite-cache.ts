/** The table of caches: its writes ride on the commits of the store, and are seen here at once. */
import type { SQLInputValue } from "node:sqlite";
import type {
  CacheKey,
  CacheKind,
  CacheListing,
  CacheQuery,
  CacheRoom,
  CacheRow,
  CacheTable,
  CacheUsage,
} from "@agentmesh/ports";
import { cacheKeyText } from "../cache-key-text.ts";
import type { GroupCommit } from "./group-commit.ts";
import { storeErrorFrom } from "./sqlite-error.ts";
import type { StoreFile } from "./store-file.ts";

/** Of `?1` tenant, `?2` kind, `?3` key, `?4` expired, `?5` made before; what is null is not asked about. */
const ASKED = `tenant = ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR key = ?3) AND (?4 IS NULL OR expires_ms <= ?4)
  AND (?5 IS NULL OR created_ms < ?5)`;
const LISTED = "tenant, kind, key, bytes, created_ms, expires_ms, used_ms, hits";

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
    const waiting = this.#waiting.get(cacheKeyText(key));
    if (waiting !== undefined) return waiting;
    const [row] = this.#read("SELECT * FROM cache WHERE tenant = ? AND kind = ? AND key = ?", [
      key.tenant,
      key.kind,
      key.key,
    ]);
    return row === undefined ? undefined : { ...listingFrom(row), body: String(row["body"]) };
  }

  put(row: CacheRow): Promise<void> {
    this.#waiting.set(cacheKeyText(row), row);
    return this.#writes.addRider(() => this.#alone(() => this.#insert(row)));
  }

  touch({ tenant, kind, key }: CacheKey, usedMs: number): Promise<void> {
    const sql = "UPDATE cache SET used_ms = ?, hits = hits + 1 WHERE tenant = ? AND kind = ? AND key = ?";
    return this.#writes.addRider(() => {
      this.#alone(() => this.#file.statement(sql).run(usedMs, tenant, kind, key));
    });
  }

  remove(query: CacheQuery): Promise<number> {
    return this.#delete(ASKED, askedValues(query));
  }

  trim({ tenant, kind, bytesMax, rowsMax }: CacheRoom): Promise<number> {
    const tooMuch = `rowid IN (
      SELECT rowid FROM (
        SELECT rowid, sum(bytes) OVER used AS total, row_number() OVER used AS place
        FROM cache WHERE tenant = ? AND kind = ? WINDOW used AS (ORDER BY used_ms DESC, rowid DESC))
      WHERE total > ? OR place > ?)`;
    return this.#delete(tooMuch, [tenant, kind, bytesMax, rowsMax]);
  }

  async list({ limit, ...query }: CacheQuery & { readonly limit: number }): Promise<readonly CacheListing[]> {
    const sql = `SELECT ${LISTED} FROM cache WHERE ${ASKED} ORDER BY used_ms DESC, rowid DESC LIMIT ?6`;
    return this.#read(sql, [...askedValues(query), limit]).map(listingFrom);
  }

  async usage(tenant: string): Promise<readonly CacheUsage[]> {
    const sql = `SELECT kind, count(*) AS rows, sum(bytes) AS bytes, sum(hits) AS hits FROM cache
      WHERE tenant = ? GROUP BY kind ORDER BY kind`;
    return this.#read(sql, [tenant]).map((row) => ({
      kind: String(row["kind"]) as CacheKind,
      rows: Number(row["rows"]),
      bytes: Number(row["bytes"]),
      hits: Number(row["hits"]),
    }));
  }

  /** What was waiting is in the table, or lost. */
  settled(): void {
    this.#waiting.clear();
  }

  #read(sql: string, values: readonly SQLInputValue[]): readonly Record<string, unknown>[] {
    try {
      return this.#file.statement(sql).all(...values);
    } catch (error) {
      throw storeErrorFrom(error, this.#file.path);
    }
  }

  #delete(where: string, values: readonly SQLInputValue[]): Promise<number> {
    return this.#writes.add(() =>
      this.#alone(() => Number(this.#file.statement(`DELETE FROM cache WHERE ${where}`).run(...values).changes)),
    );
  }

  /** What fails here must not take the journals with it that share the commit: a statement that fails leaves nothing behind. */
  #alone<Result>(apply: () => Result): Result {
    try {
      return apply();
    } catch (error) {
      throw this.#file.isInTransaction ? storeErrorFrom(error, this.#file.path) : error;
    }
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

function askedValues({ tenant, kind, key, expiredAtMs, createdBeforeMs }: CacheQuery): readonly SQLInputValue[] {
  return [tenant, kind ?? null, key ?? null, expiredAtMs ?? null, createdBeforeMs ?? null];
}

function listingFrom(row: Record<string, unknown>): CacheListing {
  const expiresMs = row["expires_ms"];
  return {
    tenant: String(row["tenant"]),
    kind: String(row["kind"]) as CacheKind,
    key: String(row["key"]),
    bytes: Number(row["bytes"]),
    createdMs: Number(row["created_ms"]),
    ...(typeof expiresMs === "number" ? { expiresMs } : {}),
    usedMs: Number(row["used_ms"]),
    hits: Number(row["hits"]),
  };
}
