/** The tables of a store, and whose file it is. */
import type { DatabaseSync } from "node:sqlite";
import { StoreError } from "@agentmesh/ports";

/** Written into every store; a store with a higher one is refused, untouched. */
export const STORE_VERSION = 4;
/** "AgMs": tells our files from other SQLite files. */
const APPLICATION_ID = 0x41674d73;

/** Entries are appended and never changed; `prev` is the number of the run's entry before, 0 for its first. */
export const JOURNAL_TABLES = `
  CREATE TABLE entry(
    number INTEGER PRIMARY KEY, run INTEGER NOT NULL, prev INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    body TEXT NOT NULL);
  CREATE TABLE head(run INTEGER PRIMARY KEY, entry INTEGER NOT NULL, sum INTEGER NOT NULL);`;

/** A run is owned while `owner` names a row of that table: deleting the row gives back all its runs at once. */
export const OWNER_AND_INBOX = `
  CREATE INDEX run_by_status ON run(tenant, status, created_ms);
  CREATE TABLE owner(
    id TEXT NOT NULL PRIMARY KEY, host TEXT NOT NULL, host_name TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
    lease_until_ms INTEGER NOT NULL);
  CREATE TABLE inbox(
    item INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, at_ms INTEGER NOT NULL, command TEXT NOT NULL, answer TEXT);
  CREATE INDEX inbox_unanswered ON inbox(run, item) WHERE answer IS NULL;`;

export const CACHE = `
  CREATE TABLE cache(
    tenant TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, expires_ms INTEGER, used_ms INTEGER NOT NULL, hits INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY(tenant, kind, key));`;

/** For people at the shell: `SELECT * FROM journal WHERE run = '...'`. Nothing here reads it; it looks through all entries. */
export const JOURNAL_VIEW = `
  CREATE VIEW journal AS
    SELECT run, seq, strftime('%FT%R:%fZ', (at_ms + offset) / 1000.0, 'unixepoch') AS at,
      CASE type WHEN 'start' THEN 'task.started' WHEN 'done' THEN 'task.succeeded' ELSE type END AS type,
      coalesce(body->>'$.t', body->>'$.task') AS task, body
    FROM (
      SELECT run.id AS run, entry.seq + line.key AS seq, entry.at_ms AS at_ms,
        CAST(substr(line.value, instr(line.value, ' ') + 1) AS INTEGER) AS offset,
        substr(line.value, 1, instr(line.value, ' ') - 1) AS type, substr(line.value, instr(line.value, '{')) AS body
      FROM run JOIN entry ON entry.run = run.number JOIN json_each(
        '["' || replace(replace(replace(entry.body, '\\', '\\\\'), '"', '\\"'), char(10), '","') || '"]') AS line);`;

export const MARKS = `PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${STORE_VERSION};`;

export const SCHEMA = `
  CREATE TABLE run(
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, created_ms INTEGER NOT NULL, owner TEXT, owned_ms INTEGER, epoch INTEGER NOT NULL DEFAULT 1);
  CREATE INDEX run_by_tenant ON run(tenant, created_ms);
  ${JOURNAL_TABLES}
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

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}
