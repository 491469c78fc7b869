/**
 * Journal and values in one SQLite file. Everything that is appended during one turn of the event loop, by all runs, is one
 * transaction and one fsync (WAL, synchronous=FULL). The table is append-only; UNIQUE(run, seq) fences a second writer.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { decodeEvent, encodeEvent, type RunEvent, type RunEventOf, type RunEventType } from "@agentmesh/core";
import {
  JournalConflictError,
  type RunQuery,
  type RunSummary,
  type Store,
  type StoredBlob,
  StoreError,
} from "@agentmesh/ports";
import { storeErrorFrom } from "./sqlite-error.ts";

/** Written into every store; a store with a higher one is refused, untouched. */
export const STORE_VERSION = 1;
/** How long a statement waits for another process's lock. */
const BUSY_TIMEOUT_MS = 5_000;
/** "AgMs": tells our files from other SQLite files. */
const APPLICATION_ID = 0x41674d73;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS run(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, created_ms INTEGER NOT NULL);
  CREATE INDEX IF NOT EXISTS run_by_tenant ON run(tenant, created_ms);
  CREATE TABLE IF NOT EXISTS event(
    run INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE(run, seq));
  CREATE TABLE IF NOT EXISTS blob(hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
  PRAGMA application_id=${APPLICATION_ID};
  PRAGMA user_version=${STORE_VERSION};`;

/** What a stored event says about its run as a whole. */
const STATUS_AFTER: { readonly [Type in RunEventType]?: string } = {
  "run.suspended": "suspended",
  "run.resumed": "running",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};

interface Append {
  readonly events: readonly RunEvent[];
  readonly blobs: readonly StoredBlob[];
  readonly done: PromiseWithResolvers<void>;
}

export class SqliteStore implements Store {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareAll>;
  readonly #numbers = new Map<string, number>();
  #batch: Append[] = [];
  /** Values of the batch that is not committed yet. */
  readonly #waitingBlobs = new Map<string, string>();
  #failure: Error | undefined;
  /** How many transactions were committed. */
  commits = 0;

  /** `:memory:` keeps everything in memory. Throws StoreError. */
  constructor(path: string) {
    this.path = path;
    try {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      this.#database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
      refuseForeign(this.#database, path);
      this.#database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; ${SCHEMA}`);
      this.#statements = prepareAll(this.#database);
    } catch (error) {
      throw storeErrorFrom(error, path);
    }
  }

  append(events: readonly RunEvent[], blobs: readonly StoredBlob[]): Promise<void> {
    const done = Promise.withResolvers<void>();
    done.promise.catch(() => undefined); // a receipt may have nobody waiting; whoever waits for an intent sees the failure
    if (this.#batch.length === 0) setImmediate(() => this.#flush());
    this.#batch.push({ events, blobs, done });
    for (const { hash, text } of blobs) this.#waitingBlobs.set(hash, text);
    return done.promise;
  }

  read(run: string, afterSeq: number): Promise<readonly RunEvent[]> {
    return this.#guarded(() => {
      const rows = this.#statements.read.all(run, afterSeq);
      return rows.map((row) =>
        decodeEvent(run, {
          seq: Number(row["seq"]),
          type: String(row["type"]),
          atMs: Number(row["at_ms"]),
          body: String(row["body"]),
        }),
      );
    });
  }

  runs(query: RunQuery): Promise<readonly RunSummary[]> {
    return this.#guarded(() => this.#statements.runs.all(query.tenant, query.limit).map(summaryFrom));
  }

  blob(hash: string): string | undefined {
    const body = this.#waitingBlobs.get(hash) ?? this.#statements.blob.get(hash)?.["body"];
    return typeof body === "string" ? body : undefined;
  }

  /** Commits what is waiting, then closes. */
  async close(): Promise<void> {
    if (!this.#database.isOpen) return;
    this.#flush();
    this.#database.close();
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length === 0) return;
    this.#waitingBlobs.clear();
    try {
      if (this.#failure !== undefined) throw this.#failure;
      const conflicts = this.#commit(batch);
      for (const append of batch) settle(append, conflicts.get(append));
    } catch (error) {
      // The runs in memory are ahead of the store from here on: this journal takes nothing more, they are read again.
      this.#failure ??= storeErrorFrom(error, this.path);
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      for (const append of batch) append.done.reject(this.#failure);
    }
  }

  #commit(batch: readonly Append[]): ReadonlyMap<Append, JournalConflictError> {
    const conflicts = new Map<Append, JournalConflictError>();
    const lost = new Set<string>();
    this.#statements.begin.run();
    for (const append of batch) {
      const run = append.events[0]?.run ?? "";
      const conflict = lost.has(run) ? new JournalConflictError(run, append.events[0]?.seq ?? 0) : this.#insert(append);
      if (conflict === undefined) continue;
      lost.add(run);
      conflicts.set(append, conflict);
    }
    this.#statements.commit.run();
    this.commits++;
    return conflicts;
  }

  #insert({ events, blobs }: Append): JournalConflictError | undefined {
    for (const [index, event] of events.entries()) {
      const isInserted = this.#insertEvent(event);
      if (!isInserted && index === 0) return new JournalConflictError(event.run, event.seq);
    }
    for (const { hash, text } of blobs) this.#statements.insertBlob.run(hash, text);
    return undefined;
  }

  #insertEvent(event: RunEvent): boolean {
    if (event.type === "run.created" && !this.#insertRun(event)) return false;
    const { seq, type, atMs, body } = encodeEvent(event);
    const number = this.#numberOf(event.run);
    if (number === undefined) return false;
    if (this.#statements.insertEvent.run(number, seq, type, atMs, body).changes === 0) return false;
    const status = STATUS_AFTER[event.type];
    if (status !== undefined) this.#statements.setStatus.run(status, number);
    return true;
  }

  #insertRun({ run, tenant, name, atMs }: RunEventOf<"run.created">): boolean {
    return this.#statements.insertRun.run(run, tenant, name, "running", atMs).changes > 0;
  }

  /** Rows hold a small number instead of the run's long id. */
  #numberOf(run: string): number | undefined {
    const known = this.#numbers.get(run);
    if (known !== undefined) return known;
    const number = this.#statements.number.get(run)?.["number"];
    if (typeof number !== "number") return undefined;
    this.#numbers.set(run, number);
    return number;
  }

  async #guarded<Result>(work: () => Result): Promise<Result> {
    try {
      return work();
    } catch (error) {
      throw storeErrorFrom(error, this.path);
    }
  }
}

function prepareAll(
  database: DatabaseSync,
): Record<
  "begin" | "commit" | "insertRun" | "insertEvent" | "insertBlob" | "setStatus" | "number" | "read" | "runs" | "blob",
  StatementSync
> {
  return {
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    insertRun: database.prepare(
      "INSERT INTO run(id, tenant, name, status, created_ms) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    insertEvent: database.prepare(
      "INSERT INTO event(run, seq, type, at_ms, body) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    insertBlob: database.prepare("INSERT INTO blob(hash, body) VALUES(?, ?) ON CONFLICT DO NOTHING"),
    setStatus: database.prepare("UPDATE run SET status = ? WHERE number = ?"),
    number: database.prepare("SELECT number FROM run WHERE id = ?"),
    read: database.prepare(
      "SELECT seq, type, at_ms, body FROM event WHERE run = (SELECT number FROM run WHERE id = ?) AND seq > ? ORDER BY seq",
    ),
    runs: database.prepare(
      "SELECT id, tenant, name, status, created_ms FROM run WHERE tenant = ? ORDER BY created_ms DESC, number DESC LIMIT ?",
    ),
    blob: database.prepare("SELECT body FROM blob WHERE hash = ?"),
  };
}

function refuseForeign(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"] ?? 0);
  const application = Number(database.prepare("PRAGMA application_id").get()?.["application_id"] ?? 0);
  const tables = Number(database.prepare("SELECT count(*) AS n FROM sqlite_master").get()?.["n"] ?? 0);
  if (tables > 0 && application !== APPLICATION_ID) {
    throw new StoreError({
      code: "AM_STORE_NOT_OURS",
      message: `${path} is a database of another program.`,
      hint: "Name another file with --store PATH.",
      facts: { path },
    });
  }
  if (version > STORE_VERSION) {
    throw new StoreError({
      code: "AM_STORE_NEWER",
      message: `${path} was written by a newer version of agentmesh (store version ${version}, this one knows ${STORE_VERSION}).`,
      hint: "Use the newer version. Nothing was changed.",
      facts: { path, version, known: STORE_VERSION },
    });
  }
}

function settle({ done }: Append, conflict: JournalConflictError | undefined): void {
  if (conflict === undefined) done.resolve();
  else done.reject(conflict);
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
