/** The tables of a store, and how a store of an older version becomes one of this. */
import type { DatabaseSync } from "node:sqlite";
import { decodeEvent, type StoredEvent } from "@agentmesh/core";
import { StoreError } from "@agentmesh/ports";
import { firstSum, nextSum } from "../event-chain.ts";
import { inTransaction } from "./store-transaction.ts";

/** Written into every store; a store with a higher one is refused, untouched. */
export const STORE_VERSION = 3;
/** "AgMs": tells our files from other SQLite files. */
const APPLICATION_ID = 0x41674d73;

/** `sum` has no default on purpose: a process of version 1 that still has the store open fails instead of breaking the chain. */
const EVENT_TABLE = `
  CREATE TABLE event(
    run INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL,
    sum INTEGER NOT NULL, UNIQUE(run, seq));`;

/** A run is owned while `owner` names a row of that table: deleting the row gives back all its runs at once. */
const OWNER_AND_INBOX = `
  CREATE INDEX run_by_status ON run(tenant, status, created_ms);
  CREATE TABLE owner(
    id TEXT NOT NULL PRIMARY KEY, host TEXT NOT NULL, host_name TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
    lease_until_ms INTEGER NOT NULL);
  CREATE TABLE inbox(
    item INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, at_ms INTEGER NOT NULL, command TEXT NOT NULL, answer TEXT);
  CREATE INDEX inbox_unanswered ON inbox(run, item) WHERE answer IS NULL;`;

const CACHE = `
  CREATE TABLE cache(
    tenant TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, expires_ms INTEGER, used_ms INTEGER NOT NULL, hits INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(tenant, kind, key));`;

/** For people at the shell: `SELECT * FROM journal WHERE run = '...'`. Nothing here reads it. */
const JOURNAL_VIEW = `
  CREATE VIEW journal AS
    SELECT run.id AS run, seq, strftime('%FT%R:%fZ', at_ms / 1000.0, 'unixepoch') AS at,
      CASE type WHEN 'start' THEN 'task.started' WHEN 'done' THEN 'task.succeeded' ELSE type END AS type,
      coalesce(body->>'$.t', body->>'$.task') AS task, body
    FROM event JOIN run ON run.number = event.run;`;

const MARKS = `PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${STORE_VERSION};`;

const SCHEMA = `
  CREATE TABLE run(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, created_ms INTEGER NOT NULL, owner TEXT, owned_ms INTEGER, epoch INTEGER NOT NULL DEFAULT 1);
  CREATE INDEX run_by_tenant ON run(tenant, created_ms);
  ${EVENT_TABLE}
  CREATE TABLE blob(hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
  ${OWNER_AND_INBOX}
  ${CACHE}
  ${JOURNAL_VIEW}`;

/** Throws StoreError for a file of another program, or of a newer version. */
export function storeVersion(database: DatabaseSync, path: string): number {
  const version = pragma(database, "user_version");
  const tables = Number(database.prepare("SELECT count(*) AS n FROM sqlite_master").get()?.["n"] ?? 0);
  if (tables > 0 && pragma(database, "application_id") !== APPLICATION_ID) {
    throw new StoreError({
      code: "AM_STORE_NOT_OURS",
      message: `${path} is a database of another program.`,
      hint: "Name another file with --store PATH.",
      facts: { path },
    });
  }
  refuseNewer(version, path);
  return version;
}

/** The version of a store, 0 for a file of another program. Reads the first page only. */
export function storeVersionOf(database: DatabaseSync): number {
  return pragma(database, "application_id") === APPLICATION_ID ? pragma(database, "user_version") : 0;
}

export function refuseNewer(version: number, path: string): void {
  if (version <= STORE_VERSION) return;
  throw new StoreError({
    code: "AM_STORE_NEWER",
    message: `${path} was written by a newer version of agentmesh (store version ${version}, this one knows ${STORE_VERSION}).`,
    hint: "Use the newer version. Nothing was changed.",
    facts: { path, version, known: STORE_VERSION },
  });
}

/** Makes an empty file, or a store of an older version, a store of this version, in one transaction. */
export function upgradeStore(database: DatabaseSync, path: string): void {
  inTransaction(database, () => {
    const version = storeVersion(database, path); // another process may have been faster
    if (version === 0) database.exec(SCHEMA);
    if (version === 1) upgradeFromVersion1(database);
    if (version === 1 || version === 2) database.exec(CACHE + JOURNAL_VIEW);
    database.exec(MARKS);
  });
}

/** Version 1 had no sums, no owners and no inbox. */
function upgradeFromVersion1(database: DatabaseSync): void {
  database.exec(`
    ALTER TABLE run ADD COLUMN owner TEXT;
    ALTER TABLE run ADD COLUMN owned_ms INTEGER;
    ALTER TABLE run ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE event RENAME TO event_of_version_1;
    ${EVENT_TABLE}`);
  const insert = database.prepare("INSERT INTO event(run, seq, type, at_ms, body, sum) VALUES(?, ?, ?, ?, ?, ?)");
  const rows = database.prepare(
    "SELECT e.run, r.id, seq, type, at_ms, body FROM event_of_version_1 e JOIN run r ON r.number = e.run ORDER BY e.run, seq",
  );
  let previous = { run: 0, sum: 0 };
  for (const row of rows.iterate()) {
    const [run, seq, atMs] = [Number(row["run"]), Number(row["seq"]), Number(row["at_ms"])];
    const [type, body] = [String(row["type"]), String(row["body"])];
    const [id, stored] = [String(row["id"]), { seq, type, atMs, body }];
    const sum = nextSum(previous.run === run ? previous.sum : firstSum(id), stored);
    previous = { run, sum: isReadable(id, stored) ? sum : wrongSum(sum) };
    insert.run(run, seq, type, atMs, body, previous.sum);
  }
  database.exec(`DROP TABLE event_of_version_1; ${OWNER_AND_INBOX}`);
}

function isReadable(run: string, stored: StoredEvent): boolean {
  try {
    return decodeEvent(run, stored).seq === stored.seq;
  } catch {
    return false;
  }
}

/** What was damaged before there were sums must not become whole by getting one. */
function wrongSum(sum: number): number {
  return (sum ^ 1) >>> 0;
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
