/**
 * Journals, values, owners and commands in one SQLite file that several processes share. Everything that is written during
 * one turn of the event loop, by all runs, is one transaction and one fsync (WAL, synchronous=FULL). Events are append-only.
 */
import type { RunCommand, RunEvent } from "@agentmesh/core";
import {
  type CacheTable,
  type InboxAnswer,
  type InboxItem,
  type IntactEvents,
  JournalConflictError,
  type PruneQuery,
  type PruneReport,
  type RunQuery,
  type RunSummary,
  type Store,
  type StoredBlob,
} from "@agentmesh/ports";
import { SqliteRetention } from "./sqlite-retention.ts";
import { SqliteCache } from "./sqlite-cache.ts";
import { commandText } from "../inbox-command.ts";
import { type ProcessIdentity, thisProcess } from "../process-identity.ts";
import { statusAfter } from "../status-after.ts";
import { BlobFolder } from "./blob-folder.ts";
import { GroupCommit } from "./group-commit.ts";
import { InboxWatch } from "./inbox-watch.ts";
import { JournalTable } from "./journal-table.ts";
import { RunInbox } from "./run-inbox.ts";
import { type HeldRun, RunLeases } from "./run-leases.ts";
import { isConnectionWhole, storeErrorFrom } from "./sqlite-error.ts";
import { StoreFile } from "./store-file.ts";

/** How long a run stays with an owner that is not heard of: long enough for a busy process, short enough to wait for. */
const LEASE_MS = 15_000;
/** How long another process may hold the lock before what waits for it is given up. */
const LOCK_PATIENCE_MS = 10_000;

/** The body of a row whose value is in the folder: no JSON text is empty. */
const IN_FOLDER = "";

/** A connection of node:sqlite (DatabaseSync), as far as it is named here: these types are for users without Node's. */
export interface SqliteConnection {
  exec(sql: string): void;
}

/** What tests set; nobody else needs to. */
export interface SqliteStoreOptions {
  readonly leaseMs?: number;
  readonly lockPatienceMs?: number;
  /** Milliseconds since the Unix epoch. */
  readonly nowMs?: () => number;
  readonly identity?: ProcessIdentity;
  /** Sees every connection to the file. */
  readonly onConnect?: (database: SqliteConnection) => void;
}

interface Append {
  readonly events: readonly RunEvent[];
  readonly blobs: readonly StoredBlob[];
  readonly answers: readonly InboxAnswer[];
}

export class SqliteStore implements Store {
  readonly path: string;
  readonly #nowMs: () => number;
  readonly #file: StoreFile;
  readonly #journals: JournalTable;
  readonly #leases: RunLeases;
  readonly #inbox: RunInbox;
  readonly #watch: InboxWatch;
  readonly #writes: GroupCommit;
  readonly #folder: BlobFolder;
  readonly #cache: SqliteCache;
  readonly #retention: SqliteRetention;
  /** Values that wait for their commit. */
  readonly #waitingBlobs = new Map<string, string>();
  /** Runs with appends that wait for their commit. */
  readonly #waitingRuns = new Set<string>();
  /** How many transactions were committed. */
  commits = 0;

  /** `:memory:` keeps everything in memory. Throws StoreError. */
  constructor(path: string, options: SqliteStoreOptions = {}) {
    const { leaseMs = LEASE_MS, nowMs = Date.now, identity = thisProcess() } = options;
    this.path = path;
    this.#nowMs = nowMs;
    this.#file = new StoreFile(path, options.onConnect);
    this.#journals = new JournalTable(this.#file);
    this.#leases = new RunLeases(this.#file, this.#journals, { leaseMs, nowMs, identity });
    this.#inbox = new RunInbox(this.#file);
    this.#watch = new InboxWatch(this.#file, this.#inbox);
    this.#writes = new GroupCommit(
      {
        begin: () => this.#begin(),
        commit: () => this.#commit(),
        failed: (error) => this.#failed(error),
        settled: () => this.#settled(),
      },
      options.lockPatienceMs ?? LOCK_PATIENCE_MS,
    );
    this.#cache = new SqliteCache(this.#file, this.#writes);
    this.#folder = new BlobFolder(path);
    this.#retention = new SqliteRetention(this.#file, {
      journals: this.#journals,
      writes: this.#writes,
      folder: this.#folder,
    });
  }

  get cache(): CacheTable {
    return this.#cache;
  }

  append(
    events: readonly RunEvent[],
    blobs: readonly StoredBlob[],
    answers: readonly InboxAnswer[] = [],
  ): Promise<void> {
    for (const { hash, text } of blobs) this.#waitingBlobs.set(hash, text);
    for (const { run } of events.slice(0, 1)) this.#waitingRuns.add(run);
    return this.#writes.add(() => this.#store({ events, blobs, answers }));
  }

  async read(run: string, afterSeq: number): Promise<readonly RunEvent[]> {
    const { events, damage } = await this.#guarded(() => this.#journals.read(run, afterSeq));
    if (damage !== undefined) throw damage;
    return events;
  }

  readIntact(run: string): Promise<IntactEvents> {
    return this.#guarded(() => this.#journals.read(run, 0));
  }

  runs(query: RunQuery): Promise<readonly RunSummary[]> {
    return this.#guarded(() => this.#runs(query));
  }

  /** Throws StoreError. */
  blob(hash: string): string | undefined {
    const waiting = this.#waitingBlobs.get(hash);
    if (waiting !== undefined) return waiting;
    try {
      const body = this.#body(hash);
      return body === IN_FOLDER ? this.#folder.read(hash) : body;
    } catch (error) {
      throw storeErrorFrom(error, this.path);
    }
  }

  claim(run: string): Promise<boolean> {
    return this.#writes.add(() => this.#leases.claim(run));
  }

  release(run: string): Promise<void> {
    return this.#writes.add(() => this.#leases.release(run));
  }

  async send(run: string, command: RunCommand): Promise<number> {
    const text = commandText(run, command);
    const item = await this.#writes.add(() => this.#inbox.send(run, text, this.#nowMs()));
    this.#watch.tell(run, item);
    return item;
  }

  async inbox(run: string): Promise<readonly InboxItem[]> {
    const { items, unreadable } = await this.#guarded(() => this.#inbox.unanswered(run));
    if (unreadable.length > 0 && this.#leases.isHeld(run)) await this.append([], [], unreadable);
    return items;
  }

  answer(item: number): Promise<InboxAnswer | undefined> {
    return this.#guarded(() => this.#inbox.answer(item));
  }

  watchInbox(run: string, listener: () => void): () => void {
    return this.#watch.watch(run, listener);
  }

  prune(query: PruneQuery): Promise<PruneReport> {
    return this.#retention.prune(query);
  }

  async close(): Promise<void> {
    if (!this.#file.isOpen) return;
    this.#watch.close();
    // Where it fails, the lease ends by itself, at the latest with this process.
    if (this.#leases.hasRow || this.#waitingRuns.size > 0) void this.#writes.add(() => this.#leases.releaseAll());
    await this.#writes.drain();
    this.#leases.close();
    this.#file.close();
  }

  #begin(): void {
    this.#file.begin();
    const version = this.#file.version();
    this.#leases.beginTransaction(version);
    this.#journals.beginTransaction(version);
  }

  #commit(): void {
    this.#file.commit();
    this.commits++;
  }

  /** The runs in memory are ahead of the store from here on: they are given up, to be claimed and read again. */
  #failed(error: unknown): ReturnType<typeof storeErrorFrom> {
    const failure = storeErrorFrom(error, this.path);
    try {
      this.#file.rollback();
    } catch {
      this.#file.disconnect();
    }
    if (!isConnectionWhole(error)) this.#file.disconnect();
    this.#leases.giveUp(failure, this.#waitingRuns);
    return failure;
  }

  #settled(): void {
    this.#waitingBlobs.clear();
    this.#cache.settled();
    this.#waitingRuns.clear();
  }

  /** Within a transaction; refuses before it writes anything. Throws JournalConflictError, or what broke the run. */
  #store({ events, blobs, answers }: Append): void {
    const held = this.#heldFor(events, answers);
    if (held === undefined) return;
    if (events.length > 0) this.#journals.append(held, events);
    for (const blob of blobs) this.#insertBlob(blob);
    for (const answer of answers) this.#inbox.settle(answer);
    const decisive = events.findLast(({ type }) => statusAfter(type) !== undefined);
    if (decisive !== undefined) this.#setStatus(held, statusAfter(decisive.type) ?? "running");
  }

  /** Undefined when there is nothing to store. */
  #heldFor(events: readonly RunEvent[], answers: readonly InboxAnswer[]): HeldRun | undefined {
    const [first] = events;
    const run = this.#runOf(first, answers);
    if (run === undefined) return undefined;
    const seq = first?.seq ?? 0;
    const isGapless = events.every((event, index) => event.run === run && event.seq === seq + index);
    if (!isGapless) throw new JournalConflictError(run, seq);
    if (first?.type === "run.created") return this.#created(first);
    const held = this.#leases.held(run, seq);
    if (first !== undefined && seq !== held.seq + 1) throw new JournalConflictError(run, seq);
    return held;
  }

  /** The one run that events and answers are of; undefined when there are none. */
  #runOf(first: RunEvent | undefined, answers: readonly InboxAnswer[]): string | undefined {
    const [answer] = answers;
    const run = first?.run ?? (answer === undefined ? undefined : this.#inbox.runOf(answer.item));
    if (run === undefined) return undefined;
    const isForeign = answers.some(({ item }) => this.#inbox.runOf(item) !== run);
    if (isForeign) throw new JournalConflictError(run, first?.seq ?? 0, "not-held");
    return run;
  }

  #created(event: Extract<RunEvent, { type: "run.created" }>): HeldRun {
    const held = event.seq === 1 ? this.#leases.create(event) : undefined;
    if (held === undefined) throw new JournalConflictError(event.run, event.seq);
    return held;
  }

  #insertBlob({ hash, text }: StoredBlob): void {
    const isLarge = this.#folder.takes(hash, text);
    if (isLarge && !this.#holds(hash, text)) this.#folder.write(hash, text);
    const body = isLarge ? IN_FOLDER : text;
    this.#file.statement("INSERT INTO blob(hash, body) VALUES(?, ?) ON CONFLICT DO NOTHING").run(hash, body);
  }

  /** A file that no row tells of is written again: nobody knows whether it reached the disk. */
  #holds(hash: string, text: string): boolean {
    const body = this.#body(hash);
    return body === IN_FOLDER ? this.#folder.bytes(hash) === Buffer.byteLength(text) : body !== undefined;
  }

  /** As the row has it; undefined when there is none. */
  #body(hash: string): string | undefined {
    const body = this.#file.statement("SELECT body FROM blob WHERE hash = ?").get(hash)?.["body"];
    return typeof body === "string" ? body : undefined;
  }

  #setStatus({ run, number }: HeldRun, status: RunSummary["status"]): void {
    const isReleased = status !== "running";
    this.#file
      .statement("UPDATE run SET status = ?, owner = CASE WHEN ? THEN NULL ELSE owner END WHERE number = ?")
      .run(status, isReleased ? 1 : 0, number);
    if (isReleased) this.#leases.forget(run);
  }

  #runs({ tenant, limit, status, isUnowned }: RunQuery): readonly RunSummary[] {
    const owners = isUnowned === true ? JSON.stringify(this.#leases.living()) : null;
    const unowned = "(?2 IS NULL OR owner IS NULL OR owner NOT IN (SELECT value FROM json_each(?2)))";
    const sql = (filter: string): string =>
      `SELECT id, tenant, name, status, created_ms FROM run
       WHERE tenant = ?1 AND ${unowned} ${filter} ORDER BY created_ms DESC, number DESC LIMIT ?3`;
    const rows =
      status === undefined
        ? this.#file.statement(sql("")).all(tenant, owners, limit)
        : this.#file.statement(sql("AND status = ?4")).all(tenant, owners, limit, status);
    return rows.map(summaryFrom);
  }

  async #guarded<Result>(work: () => Result): Promise<Result> {
    try {
      return work();
    } catch (error) {
      throw storeErrorFrom(error, this.path);
    }
  }
}

function summaryFrom(row: Record<string, unknown>): RunSummary {
  return {
    run: String(row["id"]),
    tenant: String(row["tenant"]),
    name: String(row["name"]),
    status: String(row["status"]) as RunSummary["status"],
    createdAtMs: Number(row["created_ms"]),
  };
}
