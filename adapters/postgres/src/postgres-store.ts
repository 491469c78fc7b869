/**
 * Journals, values, owners and commands in a PostgreSQL database that processes on several machines share. What is written
 * during one turn of the event loop, by all runs, is one statement and one commit. Events are append-only.
 */
import type { RunCommand, RunEvent } from "@agentmesh/core";
import type {
  InboxAnswer,
  InboxItem,
  IntactEvents,
  PruneQuery,
  PruneReport,
  RunQuery,
  RunSummary,
  Store,
  StoredBlob,
} from "@agentmesh/ports";
import { commandText, type ProcessIdentity, thisProcess, unknownRun } from "@agentmesh/store";
import { AppendLane } from "./append-lane.ts";
import { BlobCache } from "./blob-cache.ts";
import { BlobThread } from "./blob-thread.ts";
import { ClaimLane } from "./claim-lane.ts";
import { ClosedStoreError } from "./closed-store-error.ts";
import { isKey } from "./column-text.ts";
import { PostgresRetention } from "./postgres-retention.ts";
import { PostgresCache } from "./postgres-cache.ts";
import { GroupCommit } from "./group-commit.ts";
import { InboxWatch } from "./inbox-watch.ts";
import { RunInbox } from "./run-inbox.ts";
import { RunLeases } from "./run-leases.ts";
import { RunReader } from "./run-reader.ts";
import { SendLane } from "./send-lane.ts";
import { placeOf } from "./server-address.ts";
import { ServerSession, type SessionOptions } from "./server-session.ts";
import { checkSchemaName } from "./store-schema.ts";

/** How long a run stays with an owner that is not heard of: long enough for a busy process, short enough to wait for. */
const LEASE_MS = 15_000;
/** A server that restarts or fails over is back within this; whoever is in a hurry says less. */
const PATIENCE_MS = 30_000;
const SCHEMA = "agentmesh";

export interface PostgresStoreOptions {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; what is left out comes from the variables of libpq (PGHOST, ...). */
  readonly url: string;
  /** The namespace of the tables, which is made when it is missing; default "agentmesh". */
  readonly schema?: string;
  /** How long a run stays with an owner on another machine that is not heard of; default 15 s. */
  readonly leaseMs?: number;
  /** How long an outage may last before what waits for its end fails with AM_STORE_UNAVAILABLE; default 30 s. */
  readonly patienceMs?: number;
  /** Who this process is: for tests, which play other machines. */
  readonly identity?: ProcessIdentity;
}

export class PostgresStore implements Store {
  /** Where it is, for people: without the password. */
  readonly place: string;
  readonly cache: PostgresCache;
  readonly #retention: PostgresRetention;
  readonly #address: Pick<SessionOptions, "url" | "schema" | "place" | "patienceMs">;
  readonly #writing: ServerSession;
  /** For reads, leases and notifications, which wait for no commit. */
  readonly #reading: ServerSession;
  readonly #leases: RunLeases;
  readonly #inbox: RunInbox;
  readonly #watch: InboxWatch;
  readonly #reader: RunReader;
  readonly #blobs = new BlobCache();
  readonly #writes = new GroupCommit();
  readonly #appends: AppendLane;
  readonly #claims: ClaimLane;
  readonly #sends: SendLane;
  #blobThread: BlobThread | undefined;
  #isClosed = false;

  private constructor({ url, schema = SCHEMA, ...more }: PostgresStoreOptions) {
    const { leaseMs = LEASE_MS, patienceMs = PATIENCE_MS, identity = thisProcess() } = more;
    this.place = placeOf(url, schema);
    const session = { url, schema, place: this.place, patienceMs };
    this.#address = session;
    const channel = `agentmesh_${schema}`;
    this.#writing = new ServerSession(session);
    this.#reading = new ServerSession({
      ...session,
      listen: { channel, onNotice: (payload) => this.#watch.notice(payload) },
      onLost: () => this.#watch.look(), // which connects, and finds what was not announced meanwhile
    });
    this.cache = new PostgresCache(this.#reading);
    this.#retention = new PostgresRetention(session);
    this.#leases = new RunLeases(this.#reading, { leaseMs, identity });
    this.#inbox = new RunInbox(this.#reading);
    this.#watch = new InboxWatch(this.#inbox);
    this.#reader = new RunReader(this.#reading, this.#blobs, this.#leases);
    this.#appends = new AppendLane(this.#writing, this.#leases, this.#inbox);
    this.#claims = new ClaimLane(this.#writing, this.#leases);
    this.#sends = new SendLane(this.#writing, channel);
  }

  /** Makes the store when there is none. Throws StoreError. */
  static async open(options: PostgresStoreOptions): Promise<PostgresStore> {
    checkSchemaName(options.schema ?? SCHEMA);
    const store = new PostgresStore(options);
    try {
      await Promise.all([store.#writing.open(), store.#reading.open()]);
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** How many statements of appends were committed. */
  get commits(): number {
    return this.#appends.commits;
  }

  append(
    events: readonly RunEvent[],
    blobs: readonly StoredBlob[],
    answers: readonly InboxAnswer[] = [],
  ): Promise<void> {
    if (this.#isClosed) return Promise.reject(new ClosedStoreError(this.place));
    const append = this.#writes.add(this.#appends, { events, blobs, answers });
    if (blobs.length === 0) return append;
    const kept = this.#blobs.during(blobs, append);
    kept.catch(() => undefined); // a receipt may have nobody waiting
    return kept;
  }

  async read(run: string, afterSeq: number): Promise<readonly RunEvent[]> {
    if (!isKey(run)) return [];
    const { events, damage } = await this.#reader.read(run, afterSeq);
    if (damage !== undefined) throw damage;
    return events;
  }

  async readIntact(run: string): Promise<IntactEvents> {
    return isKey(run) ? await this.#reader.read(run, 0) : { events: [] };
  }

  async runs(query: RunQuery): Promise<readonly RunSummary[]> {
    return isKey(query.tenant) ? await this.#reader.runs(query) : [];
  }

  /** From memory, where a run's values are after `read`; else the event loop waits for the server. Throws StoreError. */
  blob(hash: string): string | undefined {
    const text = this.#blobs.get(hash);
    if (text !== undefined || !isKey(hash)) return text;
    if (this.#isClosed) throw new ClosedStoreError(this.place);
    this.#blobThread ??= new BlobThread(this.#address);
    const read = this.#blobThread.read(hash);
    if (read !== undefined) this.#blobs.keep(hash, read);
    return read;
  }

  claim(run: string): Promise<boolean> {
    if (this.#isClosed) return Promise.reject(new ClosedStoreError(this.place));
    return isKey(run) ? this.#writes.add(this.#claims, run) : Promise.resolve(false);
  }

  release(run: string): Promise<void> {
    return this.#writes.add(this.#appends, { events: [], blobs: [], answers: [], release: run });
  }

  async send(run: string, command: RunCommand): Promise<number> {
    const text = commandText(run, command);
    if (this.#isClosed) throw new ClosedStoreError(this.place);
    if (!isKey(run)) throw unknownRun(run);
    const item = await this.#writes.add(this.#sends, { run, command: text });
    this.#watch.tell({ run, item });
    return item;
  }

  async inbox(run: string): Promise<readonly InboxItem[]> {
    if (!isKey(run)) return [];
    const { items, unreadable } = await this.#inbox.unanswered(run);
    if (unreadable.length > 0 && this.#leases.isHeld(run)) await this.append([], [], unreadable);
    return items;
  }

  answer(item: number): Promise<InboxAnswer | undefined> {
    return this.#inbox.answer(item);
  }

  watchInbox(run: string, listener: () => void): () => void {
    return this.#watch.watch(run, listener);
  }

  prune(query: PruneQuery): Promise<PruneReport> {
    return this.#retention.prune(query);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#watch.close();
    await this.#writes.drain();
    await this.#leases.close();
    await Promise.all([this.#writing.close(), this.#reading.close(), this.#blobThread?.close()]);
  }
}
