/**
 * The connection to a store's file: opens it without touching what is not ours, notices when its log was deleted, and is
 * opened again after a fault.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { StoreError } from "@agentmesh/ports";
import { isReadOnly, storeErrorFrom } from "./sqlite-error.ts";
import { refuseNewer, STORE_VERSION, storeVersion, storeVersionOf } from "./store-schema.ts";
import { upgradeStore } from "./store-upgrade.ts";

/** How long opening waits for another process that creates or upgrades the store. */
const OPENING_TIMEOUT_MS = 5_000;
/** How long a statement waits for another process's lock. It blocks the event loop: whoever wants to wait longer comes again. */
const BUSY_TIMEOUT_MS = 250;

/** How often it is looked whether the log is still there: a look costs a tenth of a commit. */
const LOG_CHECK_MS = 100;

const MEMORY = ":memory:";

export class StoreFile {
  readonly path: string;
  readonly #onConnect: (database: DatabaseSync) => void;
  readonly #statements = new Map<string, StatementSync>();
  #database: DatabaseSync | undefined;
  #isClosed = false;
  /** The file number of the log that this connection writes to. */
  #log: number | undefined;
  #logCheckedMs = 0;
  #isLogSuspect = false;
  #connections = 0;

  /** `:memory:` keeps everything in memory. `onConnect` sees every connection: for tests, which set limits on it. Throws StoreError. */
  constructor(path: string, onConnect: (database: DatabaseSync) => void = () => undefined) {
    this.path = path;
    this.#onConnect = onConnect;
    this.#connected();
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** Throws StoreError when the store was closed, or cannot be opened again after a fault. */
  statement(sql: string): StatementSync {
    const database = this.#connected();
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Another number whenever another connection, here or elsewhere, has changed the store. */
  version(): number {
    const row = this.statement("PRAGMA data_version").get();
    return this.#connections * 2 ** 32 + Number(row?.["data_version"]);
  }

  /** Throws StoreError, and what SQLite throws. */
  begin(): void {
    this.#rescueLog();
    this.statement("BEGIN IMMEDIATE").run();
  }

  commit(): void {
    this.statement("COMMIT").run();
  }

  /** False also when SQLite itself has rolled it back, as it does when the disk is full. */
  get isInTransaction(): boolean {
    return this.#database?.isTransaction === true;
  }

  rollback(): void {
    if (this.isInTransaction) this.#database?.exec("ROLLBACK");
  }

  /** Closes the connection, since the disk or the file has failed; the next use opens another. A store in memory stays: it would be gone. */
  disconnect(): void {
    if (this.path === MEMORY) return;
    this.#isLogSuspect = true;
    this.#statements.clear();
    const database = this.#database;
    this.#database = undefined;
    this.#log = undefined;
    try {
      database?.close();
    } catch {
      // What it could not finish, the next connection finds in the log.
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#statements.clear();
    if (this.#database?.isOpen === true) this.#database.close();
  }

  #connected(): DatabaseSync {
    if (this.#database !== undefined && !this.#isClosed) return this.#database;
    if (this.#isClosed) throw closedError(this.path);
    try {
      const database = openDatabase(this.path);
      this.#onConnect(database);
      if (this.#isLogSuspect) emptyLog(database, this.path);
      this.#isLogSuspect = false;
      this.#database = database;
      this.#connections++;
      this.#log = this.#logNumber();
      return database;
    } catch (error) {
      throw storeErrorFrom(error, this.path);
    }
  }

  #logNumber(): number | undefined {
    return this.path === MEMORY ? undefined : statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.ino;
  }

  /**
   * Somebody who deletes the log takes away what was stored last from everybody but this connection, which still has it
   * open: it is copied into the file, unless another process has begun another log.
   */
  #rescueLog(): void {
    const nowMs = performance.now();
    if (this.#log === undefined || nowMs - this.#logCheckedMs < LOG_CHECK_MS) return;
    this.#logCheckedMs = nowMs;
    const found = statSync(`${this.path}-wal`, { throwIfNoEntry: false });
    if (found?.ino === this.#log) return;
    if (found !== undefined && found.size > 0) {
      this.disconnect();
      throw lostLogError(this.path);
    }
    this.#database?.exec("PRAGMA wal_checkpoint(FULL)");
    this.disconnect();
  }
}

/**
 * After a failed fsync the log may look whole to every reader and yet not be on the disk, and what is written behind the gap
 * would be lost with it when the power fails. Copying it into the file writes it again.
 */
function emptyLog(database: DatabaseSync, path: string): void {
  try {
    const result = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    if (result?.["busy"] !== 0) throw logInUseError(path);
  } catch (error) {
    database.close();
    throw error;
  }
}

function openDatabase(path: string): DatabaseSync {
  if (path === MEMORY) return connect(path);
  mkdirSync(dirname(path), { recursive: true });
  refuseNewerUntouched(path);
  try {
    return connect(path);
  } catch (error) {
    if (!isReadOnly(error) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true || hasLog(path)) throw error;
    return connectImmutable(path);
  }
}

function connect(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: OPENING_TIMEOUT_MS });
  try {
    const version = storeVersion(database, path);
    database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    if (version < STORE_VERSION) upgradeStore(database, path);
    database.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A store that was closed well can be read where nothing can be written, not even the files beside it that SQLite wants. */
function connectImmutable(path: string): DatabaseSync {
  const database = new DatabaseSync(immutable(path), { readOnly: true });
  if (storeVersion(database, path) === STORE_VERSION) return database;
  database.close();
  throw new StoreError({
    code: "AM_STORE_READ_ONLY",
    message: `The store ${path} is of an older version and cannot be upgraded: it cannot be written.`,
    hint: "Copy it to where it can be written, and name the copy with --store PATH.",
    facts: { path },
  });
}

/**
 * Looks at the version without a trace: no lock, no files beside it. What a newer version has not yet copied from its log
 * into the file is read in a second look, which cannot write either.
 */
function refuseNewerUntouched(path: string): void {
  if (!existsSync(path)) return;
  refuseNewer(peekVersion(immutable(path)), path);
  if (hasLog(path)) refuseNewer(peekVersion(pathToFileURL(path)), path);
}

/** 0 for what cannot be read so: opening it says why. */
function peekVersion(location: URL): number {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(location, { readOnly: true, timeout: OPENING_TIMEOUT_MS });
    return storeVersionOf(database);
  } catch {
    return 0;
  } finally {
    database?.close();
  }
}

function immutable(path: string): URL {
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  return url;
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function closedError(path: string): StoreError {
  return new StoreError({
    code: "AM_STORE_UNAVAILABLE",
    message: `The store ${path} is closed.`,
    hint: "Open it again.",
    facts: { path },
  });
}

function logInUseError(path: string): StoreError {
  return new StoreError({
    code: "AM_STORE_BUSY",
    message: `The store ${path} cannot be used: after a fault its log is being written anew, and another process reads it.`,
    hint: "Try again.",
    facts: { path },
    retryable: true,
  });
}

function lostLogError(path: string): StoreError {
  return new StoreError({
    code: "AM_STORE_FAILED",
    message: `The log of the store ${path} was deleted while it was open, and another process has begun another.`,
    hint: `Never delete ${path}-wal while a process has the store open. Resume the run to see what is left of it.`,
    facts: { path },
  });
}
