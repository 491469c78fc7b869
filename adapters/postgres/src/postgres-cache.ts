/**
 * The table of caches. Its writes have commits of their own, which wait for no disk: a row that a crash loses is worked out
 * again.
 */
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
import { cacheKeyText } from "@agentmesh/store";
import { isKey, keyError } from "./column-text.ts";
import type { ServerSession } from "./server-session.ts";

/** For the transaction of the statement that it is a part of. */
const LAX = "lax AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))";

const FIND = {
  name: "cache-find",
  text: "SELECT * FROM cache WHERE tenant = $1 AND kind = $2 AND key = $3",
};
const PUT = {
  name: "cache-put",
  text: `WITH ${LAX}
    INSERT INTO cache(tenant, kind, key, body, bytes, created_ms, expires_ms, used_ms, hits)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM lax
    ON CONFLICT (tenant, kind, key) DO UPDATE SET body = excluded.body, bytes = excluded.bytes,
      created_ms = excluded.created_ms, expires_ms = excluded.expires_ms, used_ms = excluded.used_ms, hits = excluded.hits`,
};
const TOUCH = {
  name: "cache-touch",
  text: `WITH ${LAX}
    UPDATE cache SET used_ms = $4, hits = hits + 1 FROM lax WHERE tenant = $1 AND kind = $2 AND key = $3`,
};
/** What is null is not asked about. */
const ASKED = `tenant = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR key = $3)
  AND ($4::bigint IS NULL OR expires_ms <= $4) AND ($5::bigint IS NULL OR created_ms < $5)`;
const REMOVE = { name: "cache-remove", text: `DELETE FROM cache WHERE ${ASKED} RETURNING 1` };
const LIST = {
  name: "cache-list",
  text: `SELECT tenant, kind, key, bytes, created_ms, expires_ms, used_ms, hits FROM cache WHERE ${ASKED}
    ORDER BY used_ms DESC, created_ms DESC, key LIMIT $6`,
};
const TRIM = {
  name: "cache-trim",
  text: `DELETE FROM cache USING (
      SELECT key, sum(bytes) OVER used AS total, row_number() OVER used AS place
      FROM cache WHERE tenant = $1 AND kind = $2 WINDOW used AS (ORDER BY used_ms DESC, created_ms DESC, key)) AS ranked
    WHERE cache.tenant = $1 AND cache.kind = $2 AND cache.key = ranked.key AND (total > $3 OR place > $4) RETURNING 1`,
};
const USAGE = {
  name: "cache-usage",
  text: `SELECT kind, count(*) AS rows, sum(bytes) AS bytes, sum(hits) AS hits FROM cache
    WHERE tenant = $1 GROUP BY kind ORDER BY kind`,
};

interface ListedRow extends Record<string, unknown> {
  readonly tenant: string;
  readonly kind: CacheKind;
  readonly key: string;
  readonly bytes: number;
  readonly created_ms: string;
  readonly expires_ms: string | null;
  readonly used_ms: string;
  readonly hits: number;
}

interface StoredRow extends ListedRow {
  readonly body: string;
}

export class PostgresCache implements CacheTable {
  readonly #session: ServerSession;
  /** Rows that are under way, the newest of each key. */
  readonly #waiting = new Map<string, CacheRow>();

  constructor(session: ServerSession) {
    this.#session = session;
  }

  /** Throws StoreError, as all of these do. */
  async find(key: CacheKey): Promise<CacheRow | undefined> {
    const waiting = this.#waiting.get(cacheKeyText(key));
    if (waiting !== undefined || !isCacheKey(key)) return waiting;
    const [row] = await this.#session.read<StoredRow>(FIND, [key.tenant, key.kind, key.key]);
    return row === undefined ? undefined : { ...listingFrom(row), body: row.body };
  }

  async put(row: CacheRow): Promise<void> {
    if (!isCacheKey(row)) throw keyError("key of a cache", row.key);
    const { tenant, kind, key, body, bytes, createdMs, expiresMs = null, usedMs, hits } = row;
    this.#waiting.set(cacheKeyText(row), row);
    try {
      await this.#write(PUT, [tenant, kind, key, body, bytes, createdMs, expiresMs, usedMs, hits]);
    } finally {
      if (this.#waiting.get(cacheKeyText(row)) === row) this.#waiting.delete(cacheKeyText(row));
    }
  }

  async touch(key: CacheKey, usedMs: number): Promise<void> {
    if (isCacheKey(key)) await this.#write(TOUCH, [key.tenant, key.kind, key.key, usedMs]);
  }

  remove(query: CacheQuery): Promise<number> {
    return this.#write(REMOVE, askedValues(query));
  }

  trim({ tenant, kind, bytesMax, rowsMax }: CacheRoom): Promise<number> {
    return this.#write(TRIM, [tenant, kind, bytesMax, rowsMax]);
  }

  async list({ limit, ...query }: CacheQuery & { readonly limit: number }): Promise<readonly CacheListing[]> {
    const rows = await this.#session.read<ListedRow>(LIST, [...askedValues(query), limit]);
    return rows.map(listingFrom);
  }

  async usage(tenant: string): Promise<readonly CacheUsage[]> {
    const rows = await this.#session.read<{ kind: CacheKind; rows: string; bytes: string; hits: string }>(USAGE, [
      tenant,
    ]);
    return rows.map(({ kind, rows: count, bytes, hits }) => ({
      kind,
      rows: Number(count),
      bytes: Number(bytes),
      hits: Number(hits),
    }));
  }

  /** Doing it twice does no harm. Returns how many rows the statement gave. */
  async #write(
    statement: { readonly name: string; readonly text: string },
    values: readonly unknown[],
  ): Promise<number> {
    const rows = await this.#session.read(statement, values);
    return rows.length;
  }
}

function isCacheKey({ tenant, key }: CacheKey): boolean {
  return isKey(tenant) && isKey(key);
}

function askedValues({ tenant, kind, key, expiredAtMs, createdBeforeMs }: CacheQuery): readonly unknown[] {
  return [tenant, kind ?? null, key ?? null, expiredAtMs ?? null, createdBeforeMs ?? null];
}

function listingFrom(row: ListedRow): CacheListing {
  const { tenant, kind, key, bytes, hits } = row;
  return {
    tenant,
    kind,
    key,
    bytes,
    createdMs: Number(row.created_ms),
    ...(row.expires_ms === null ? {} : { expiresMs: Number(row.expires_ms) }),
    usedMs: Number(row.used_ms),
    hits,
  };
}
