/** What people see of a mesh's cache, and what they throw away. */
import type { ToolSpec } from "@agentmesh/core";
import type { CacheKind, CacheListing, CacheTable, CacheUsage, ServerStatus } from "@agentmesh/ports";
import { offeredVersion } from "./caching-planner.ts";
import { toolVersion, type VersionedTools } from "./caching-executor.ts";
import { readCacheKey } from "./mesh-cache.ts";

/** How many entries are looked at for one answer. */
const LISTED_MAX = 100_000;
const LISTED_DEFAULT = 100;

/**
 * `fresh`: given again when the same is asked. `expired`: its time is over. `stale`: it was made with another version of its
 * tool or tools. `unknown`: a server that it depends on cannot be asked. What is not fresh is never given.
 */
export type CacheState = "fresh" | "expired" | "stale" | "unknown";

export interface CachedEntry {
  readonly kind: CacheKind;
  readonly key: string;
  /** The tool, the model, or the goal. */
  readonly name: string;
  readonly state: CacheState;
  readonly bytes: number;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number;
  readonly usedAtMs: number;
  readonly hits: number;
}

export interface CacheListOptions {
  readonly kind?: CacheKind;
  /** The most recently used; default 100. */
  readonly limit?: number;
}

/** What is left out is not asked about: nothing said means everything. */
export interface CacheClearOptions {
  readonly kind?: CacheKind;
  /** Only what was made longer ago, in milliseconds. */
  readonly olderThanMs?: number;
  /** Only what is never given again. */
  readonly isStale?: boolean;
}

export interface CacheDeskParts {
  readonly table: CacheTable;
  readonly tenant: string;
  readonly nowMs: () => number;
  /** Connects to all servers; resolves when each has answered or failed. */
  readonly discover: () => Promise<readonly ServerStatus[]>;
  readonly tools: VersionedTools & { tools(): readonly ToolSpec[] };
}

export class CacheDesk {
  readonly #parts: CacheDeskParts;

  /** A mesh has one: `mesh.cache`. */
  constructor(parts: CacheDeskParts) {
    this.#parts = parts;
  }

  /** Asks the servers whether their tools are the same, when there is anything to ask about. Throws StoreError. */
  async list({ kind, limit = LISTED_DEFAULT }: CacheListOptions = {}): Promise<readonly CachedEntry[]> {
    const { table, tenant } = this.#parts;
    const rows = await table.list({
      tenant,
      limit: Math.min(limit, LISTED_MAX),
      ...(kind === undefined ? {} : { kind }),
    });
    const stateOf = await this.#states(rows);
    return rows.map((row) => {
      const { kind: of, key, bytes, createdMs, expiresMs, usedMs, hits } = row;
      const name = key.slice(0, key.indexOf("#"));
      const expires = expiresMs === undefined ? {} : { expiresAtMs: expiresMs };
      const times = { createdAtMs: createdMs, ...expires, usedAtMs: usedMs };
      return { kind: of, key, name, state: stateOf(row), bytes, ...times, hits };
    });
  }

  /** By kind. Throws StoreError. */
  stats(): Promise<readonly CacheUsage[]> {
    return this.#parts.table.usage(this.#parts.tenant);
  }

  /** Returns how many entries are gone. Throws StoreError. */
  async clear({ kind, olderThanMs, isStale = false }: CacheClearOptions = {}): Promise<number> {
    const { table, tenant, nowMs } = this.#parts;
    const before = olderThanMs === undefined ? {} : { createdBeforeMs: nowMs() - olderThanMs };
    const query = { tenant, ...(kind === undefined ? {} : { kind }), ...before };
    if (!isStale) return table.remove(query);
    const rows = await table.list({ ...query, limit: LISTED_MAX });
    const stateOf = await this.#states(rows);
    const dead = rows.filter((row) => stateOf(row) === "stale" || stateOf(row) === "expired");
    const removed = await Promise.all(dead.map(({ kind: of, key }) => table.remove({ tenant, kind: of, key })));
    return removed.reduce((sum, count) => sum + count, 0);
  }

  async #states(rows: readonly CacheListing[]): Promise<(row: CacheListing) => CacheState> {
    const nowMs = this.#parts.nowMs();
    const isOver = ({ expiresMs = Infinity }: CacheListing): boolean => expiresMs <= nowMs;
    const mustAsk = rows.some((row) => row.kind !== "model" && !isOver(row));
    const servers = mustAsk ? await this.#parts.discover() : [];
    const missing = new Set(servers.flatMap(({ server, state }) => (state === "ready" ? [] : [server])));
    const offered = offeredVersion(this.#parts.tools.tools());
    return (row) => {
      const read = readCacheKey(row.key);
      if (isOver(row)) return "expired";
      if (row.kind === "model") return "fresh";
      if (read === undefined) return "stale";
      if (row.kind === "tool" || row.kind === "shape") return this.#toolState(read, missing);
      return missing.size > 0 ? "unknown" : offered.startsWith(read.version) ? "fresh" : "stale";
    };
  }

  #toolState(
    { label, version }: { readonly label: string; readonly version: string },
    missing: ReadonlySet<string>,
  ): CacheState {
    const { tools } = this.#parts;
    const spec = tools.find(label);
    if (spec !== undefined) return toolVersion(spec, tools).startsWith(version) ? "fresh" : "stale";
    return missing.has(label.split(".")[0] ?? "") ? "unknown" : "stale";
  }
}
