/** Reads runs: their events, with the values that those refer to, and lists of them. */
import type { Payload, RunEvent } from "@agentmesh/core";
import type { IntactEvents, RunQuery, RunSummary } from "@agentmesh/ports";
import type { BlobCache } from "./blob-cache.ts";
import { type ChainedEvent, readChain } from "@agentmesh/store";
import type { RunLeases } from "./run-leases.ts";
import type { ServerSession } from "./server-session.ts";

const EVENTS = {
  name: "events",
  text: `SELECT seq, type, at_ms, body, sum FROM event
    WHERE run = (SELECT number FROM run WHERE id = $1) AND seq >= $2 ORDER BY seq`,
};
const BLOBS = {
  name: "blobs",
  text: `SELECT hash, body FROM blob
    WHERE hash = ANY($1::text[]) AND tenant = (SELECT tenant FROM run WHERE id = $2)`,
};
const RUNS = {
  name: "runs",
  text: `SELECT id, tenant, name, status, created_ms FROM run
    WHERE tenant = $1 AND ($2::text IS NULL OR status = $2) AND ($3::text[] IS NULL OR owner IS NULL OR owner <> ALL($3))
    ORDER BY created_ms DESC, number DESC LIMIT $4`,
};

/** How much of a run's values is fetched when it is read: the newest, which the next steps are most likely to need. */
const FETCHED_BYTES_MAX = 32 * 1024 * 1024;

export class RunReader {
  readonly #session: ServerSession;
  readonly #blobs: BlobCache;
  readonly #leases: RunLeases;

  constructor(session: ServerSession, blobs: BlobCache, leases: RunLeases) {
    this.#session = session;
    this.#blobs = blobs;
    this.#leases = leases;
  }

  /** Throws StoreError. */
  async read(run: string, afterSeq: number): Promise<IntactEvents> {
    const rows = await this.#session.read<{
      seq: number;
      type: string;
      at_ms: string;
      body: string;
      sum: string;
    }>(EVENTS, [run, afterSeq]);
    const chained = rows.map(({ seq, type, at_ms: atMs, body, sum }): ChainedEvent => ({
      seq,
      type,
      atMs: Number(atMs),
      body,
      sum: Number(sum),
    }));
    const intact = readChain({ run, afterSeq, rows: chained });
    await this.#fetch(run, this.#missing(intact.events));
    return intact;
  }

  /** Throws StoreError. */
  async runs({ tenant, limit, status, isUnowned }: RunQuery): Promise<readonly RunSummary[]> {
    const owners = isUnowned === true ? await this.#leases.living() : null;
    const rows = await this.#session.read<{
      id: string;
      tenant: string;
      name: string;
      status: RunSummary["status"];
      created_ms: string;
    }>(RUNS, [tenant, status ?? null, owners, limit]);
    return rows.map((row) => ({
      run: row.id,
      tenant: row.tenant,
      name: row.name,
      status: row.status,
      createdAtMs: Number(row.created_ms),
    }));
  }

  async #fetch(run: string, hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    const rows = await this.#session.read<{ hash: string; body: string }>(BLOBS, [hashes, run]);
    for (const { hash, body } of rows) this.#blobs.keep(hash, body);
  }

  #missing(events: readonly RunEvent[]): readonly string[] {
    const hashes = new Set<string>();
    let bytes = 0;
    for (const payload of events.toReversed().flatMap(payloadsOf)) {
      if (payload.value !== undefined || hashes.has(payload.hash)) continue;
      if (this.#blobs.get(payload.hash) !== undefined) continue;
      bytes += payload.bytes;
      if (bytes > FETCHED_BYTES_MAX) break;
      hashes.add(payload.hash);
    }
    return [...hashes];
  }
}

function payloadsOf(event: RunEvent): readonly Payload[] {
  return Object.values(event).filter((value: unknown): value is Payload => isPayload(value));
}

function isPayload(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && "hash" in value && "bytes" in value;
}
