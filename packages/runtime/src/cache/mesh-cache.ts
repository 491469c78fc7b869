/**
 * What a mesh keeps to give again, in the cache table of its store. It never fails anybody: what cannot be found is a miss, what
 * cannot be kept is not kept, and the first time either happens is told. Nothing that holds a secret gets in.
 */
import { createHash } from "node:crypto";
import { canonicalJson, type Json } from "@agentmesh/core";
import type { CacheKind, CacheRow, CacheTable, Clock } from "@agentmesh/ports";
import type { SecretMask } from "../driver/secret-mask.ts";

/** Of one body, in bytes: what is larger costs more to keep than to ask for again. */
const BODY_BYTES_MAX = 1_048_576;
/** Of one kind: a listing stays short, and trimming quick. */
const ROWS_MAX = 20_000;
/** What was kept since the last look may be so many rows, or this part of the room. */
const ROWS_BETWEEN_TRIMS = 256;
const TRIM_PART = 1 / 16;
/** In a key, before the digests. */
const LABEL_CHARACTERS_MAX = 120;

export interface MeshCacheOptions {
  readonly table: CacheTable;
  readonly tenant: string;
  readonly clock: Clock;
  readonly mask: SecretMask;
  /** Of each kind. */
  readonly bytesMax: number;
}

export interface Keeping {
  readonly key: string;
  readonly body: string;
  readonly ttlMs: number;
}

/** Told what people should know. */
export type Teller = (message: string) => void;

export class MeshCache {
  readonly tenant: string;
  readonly bytesMax: number;
  readonly #table: CacheTable;
  readonly #clock: Clock;
  readonly #mask: SecretMask;
  readonly #kept = new Map<CacheKind, { rows: number; bytes: number }>();
  #hasTold = false;

  constructor({ table, tenant, clock, mask, bytesMax }: MeshCacheOptions) {
    this.tenant = tenant;
    this.bytesMax = bytesMax;
    this.#table = table;
    this.#clock = clock;
    this.#mask = mask;
  }

  get nowMs(): number {
    return this.#clock.nowMs();
  }

  mayKeep(text: string): boolean {
    return !this.#mask.finds(text);
  }

  /** Never rejects. Undefined for what is not there, too old, or cannot be read. */
  async find(kind: CacheKind, key: string, tell: Teller): Promise<CacheRow | undefined> {
    const row = await this.peek(kind, key, tell);
    if (row !== undefined) this.#guard(this.#table.touch(row, this.nowMs), tell);
    return row;
  }

  /** The same, without counting a use. */
  async peek(kind: CacheKind, key: string, tell?: Teller): Promise<CacheRow | undefined> {
    try {
      const row = await this.#table.find({ tenant: this.tenant, kind, key });
      const { nowMs } = this;
      // Made in the future: by a clock that was wrong, and nobody knows by how much.
      if (row === undefined || (row.expiresMs ?? Infinity) <= nowMs || row.createdMs > nowMs) return undefined;
      return row;
    } catch (error) {
      this.#fault(error, tell);
      return undefined;
    }
  }

  /** What is there of one kind, too old or not. Never rejects. */
  async keys(kind: CacheKind): Promise<readonly string[]> {
    try {
      const rows = await this.#table.list({ tenant: this.tenant, kind, limit: ROWS_MAX });
      return rows.map(({ key }) => key);
    } catch {
      return [];
    }
  }

  /** Not awaited by anybody: it is found at once all the same. */
  keep(kind: CacheKind, { key, body, ttlMs }: Keeping, tell?: Teller): void {
    const bytes = Buffer.byteLength(body);
    if (bytes > BODY_BYTES_MAX || ttlMs <= 0 || !this.mayKeep(body)) return;
    const { nowMs, tenant } = this;
    const times = { createdMs: nowMs, expiresMs: nowMs + ttlMs, usedMs: nowMs, hits: 0 };
    this.#guard(this.#table.put({ tenant, kind, key, body, bytes, ...times }), tell);
    this.#makeRoom(kind, bytes, tell);
  }

  forget(kind: CacheKind, key: string, tell: Teller): void {
    this.#guard(this.#table.remove({ tenant: this.tenant, kind, key }), tell);
  }

  #makeRoom(kind: CacheKind, bytes: number, tell: Teller | undefined): void {
    const kept = this.#kept.get(kind) ?? { rows: ROWS_BETWEEN_TRIMS, bytes: 0 }; // at once for the first: others may have kept much
    kept.rows++;
    kept.bytes += bytes;
    this.#kept.set(kind, kept);
    if (kept.rows < ROWS_BETWEEN_TRIMS && kept.bytes < this.bytesMax * TRIM_PART) return;
    this.#kept.set(kind, { rows: 0, bytes: 0 });
    const { tenant, bytesMax } = this;
    this.#guard(this.#table.remove({ tenant, kind, expiredAtMs: this.nowMs }), tell);
    this.#guard(this.#table.trim({ tenant, kind, bytesMax, rowsMax: ROWS_MAX }), tell);
  }

  #guard(work: Promise<unknown>, tell: Teller | undefined): void {
    work.catch((error: unknown) => this.#fault(error, tell));
  }

  #fault(error: unknown, tell: Teller | undefined): void {
    if (this.#hasTold || tell === undefined) return;
    this.#hasTold = true;
    const reason = error instanceof Error ? error.message : String(error);
    tell(`The cache cannot be used, so everything is asked for anew: ${reason}`);
  }
}

/** sha256, base64url, of anything that is JSON once undefined fields are left out. */
export function digestOf(value: object): string {
  const text = JSON.stringify(value);
  return createHash("sha256")
    .update(canonicalJson(JSON.parse(text) as Json))
    .digest("base64url");
}

/** `LABEL#VERSION#DIGEST`: what it is for people, which version of the tools it belongs to, and everything else. */
export function cacheKey(label: string, version: string, digest: string): string {
  const name = label.replaceAll("#", " ").slice(0, LABEL_CHARACTERS_MAX).toWellFormed();
  return `${name}#${version.slice(0, 16)}#${digest}`;
}

/** Undefined for a key of another form. */
export function readCacheKey(key: string): { readonly label: string; readonly version: string } | undefined {
  const [label, version, digest] = key.split("#");
  return label === undefined || version === undefined || digest === undefined ? undefined : { label, version };
}
