/** Reads a store's file, and never writes to it: rows as they are, within one snapshot. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { EntryTable } from "./entry-table.ts";
import { EventTable } from "./event-table.ts";
import type { StoredRow, StoredRun } from "./stored-row.ts";
import { VerifyError } from "./verify-error.ts";

/** "AgMs" in the header of every store. */
const APPLICATION_ID = 0x41674d73;
/** The newest form of a store that is known here. */
const STORE_VERSION = 4;
/** Up to this one there was a row for each event; since then there are entries of several. */
const LAST_VERSION_OF_ROWS = 3;
/** How long a lock of another process is waited for. */
const BUSY_TIMEOUT_MS = 5_000;

type Row = Readonly<Record<string, unknown>>;

export interface OwnedRun {
  readonly id: string;
  /** Until when its owner holds it; undefined when nobody does. */
  readonly leaseUntilMs: number | undefined;
}

export class StoreReader implements Disposable {
  readonly path: string;
  readonly version: number;
  readonly #database: DatabaseSync;
  readonly #events: EventTable | EntryTable;

  /** Throws VerifyError. */
  constructor(path: string) {
    this.path = path;
    this.#database = open(path);
    try {
      this.version = versionOf(this.#database, path);
      this.#database.exec("BEGIN"); // all that is read belongs to one moment
      this.#events =
        this.version <= LAST_VERSION_OF_ROWS
          ? new EventTable(this.#database, this.version)
          : new EntryTable(this.#database);
    } catch (error) {
      this.#database.close();
      throw error instanceof VerifyError ? error : unavailable(path, error);
    }
  }

  /** Oldest first. Throws what SQLite throws. */
  runs(): readonly StoredRun[] {
    return this.#database
      .prepare("SELECT number, id, tenant, name, status, created_ms FROM run ORDER BY number")
      .all()
      .map(runFrom);
  }

  run(id: string): StoredRun | undefined {
    const row = this.#database
      .prepare("SELECT number, id, tenant, name, status, created_ms FROM run WHERE id = ?")
      .get(id);
    return row === undefined ? undefined : runFrom(row);
  }

  /** In order. Throws what SQLite throws, behind the rows that can be read. */
  rows({ number }: StoredRun): Iterator<StoredRow, void> & Iterable<StoredRow> {
    return this.#events.rows(number);
  }

  event({ number }: StoredRun, seq: number): StoredRow | undefined {
    return this.#events.event(number, seq);
  }

  /** What is wrong with how a run's events are found, while they are there. */
  linkFault({ number }: StoredRun): string | undefined {
    return this.#events.linkFault(number);
  }

  /** Undefined when it is not there. Throws what SQLite and `node:fs` throw. */
  blob(hash: string): string | undefined {
    const body = this.#database.prepare("SELECT body FROM blob WHERE hash = ?").get(hash)?.["body"];
    if (body === "") return largeBlob(`${this.path}.blobs`, hash);
    return typeof body === "string" ? body : undefined;
  }

  /** Numbers of runs that events belong to and that no row describes. */
  strangers(): readonly number[] {
    const known = new Set(this.runs().map(({ number }) => number));
    return this.#events.runs().filter((number) => !known.has(number));
  }

  /** Runs that are under way. */
  running(): readonly OwnedRun[] {
    if (this.version === 1) return [];
    return this.#database
      .prepare(
        `SELECT run.id, lease_until_ms FROM run LEFT JOIN owner ON owner.id = run.owner WHERE status = 'running'`,
      )
      .all()
      .map((row) => {
        const until = row["lease_until_ms"];
        return { id: String(row["id"]), leaseUntilMs: typeof until === "number" ? until : undefined };
      });
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** A row with an empty body stands for a file beside the store, which has the name of the hash. */
function largeBlob(folder: string, hash: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(hash)) return undefined;
  try {
    return readFileSync(join(folder, hash), "utf8");
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return undefined;
    throw error;
  }
}

function open(path: string): DatabaseSync {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw unavailable(path, undefined, "there is no such file");
  try {
    return connect(path, new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
  } catch (error) {
    if (error instanceof VerifyError || hasLog(path)) throw error;
    return connectImmutable(path);
  }
}

/** Throws VerifyError when not even the header can be read. */
function connect(path: string, database: DatabaseSync): DatabaseSync {
  try {
    database.prepare("PRAGMA user_version").get();
    database.prepare("SELECT count(*) FROM sqlite_master").get();
    return database;
  } catch (error) {
    database.close();
    if (isNoDatabase(error)) throw notOurs(path);
    throw hasLog(path) ? unavailable(path, error) : error;
  }
}

/** A store that was closed well, in a folder where SQLite cannot make the files that it wants beside it. */
function connectImmutable(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  try {
    const database = new DatabaseSync(url, { readOnly: true });
    database.prepare("SELECT count(*) FROM sqlite_master").get();
    return database;
  } catch (error) {
    throw unavailable(path, error);
  }
}

function versionOf(database: DatabaseSync, path: string): number {
  const version = Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
  if (database.prepare("PRAGMA application_id").get()?.["application_id"] !== APPLICATION_ID) throw notOurs(path);
  if (version <= STORE_VERSION) return version;
  throw new VerifyError({
    code: "AM_STORE_NEWER",
    message: `${path} was written by a newer version of agentmesh (store version ${version}, this one knows ${STORE_VERSION}).`,
    hint: "Check it with the newer version.",
    facts: { path, version, known: STORE_VERSION },
  });
}

function isNoDatabase(error: unknown): boolean {
  return error instanceof Error && error.message.includes("not a database");
}

function notOurs(path: string): VerifyError {
  return new VerifyError({
    code: "AM_STORE_NOT_OURS",
    message: `${path} is no store of agentmesh.`,
    hint: "Name the store with --store PATH.",
    facts: { path },
  });
}

function unavailable(path: string, cause: unknown, reason?: string): VerifyError {
  const why = reason ?? (cause instanceof Error ? cause.message : String(cause));
  return new VerifyError({
    code: "AM_STORE_UNAVAILABLE",
    message: `The store ${path} cannot be read: ${why}.`,
    hint: "Look whether the file is there and may be read; name another one with --store PATH.",
    facts: { path, reason: why },
    cause,
  });
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function runFrom(row: Row): StoredRun {
  return {
    number: Number(row["number"]),
    id: String(row["id"]),
    tenant: String(row["tenant"]),
    name: String(row["name"]),
    status: String(row["status"]),
    createdMs: Number(row["created_ms"]),
  };
}
