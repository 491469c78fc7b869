/** How a store of an older version becomes one of this: in one transaction, when it is opened. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeEvent, type StoredEvent } from "@agentmesh/core";
import { type ChainedEvent, firstSum, nextSum } from "../event-chain.ts";
import { entryLine } from "./journal-entry.ts";
import { CACHE, JOURNAL_TABLES, JOURNAL_VIEW, MARKS, OWNER_AND_INBOX, SCHEMA, storeVersion } from "./store-schema.ts";
import { inTransaction } from "./store-transaction.ts";

/** Versions 2 and 3 had a row for each event, and an index that found it by run and number. */
const EVENT_TABLE = `
  CREATE TABLE event(
    run INTEGER NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, at_ms INTEGER NOT NULL, body TEXT NOT NULL,
    sum INTEGER NOT NULL, UNIQUE(run, seq));`;

/** How many events of a run become one entry. */
const EVENTS_OF_ENTRY_MAX = 32;

interface EventRow extends ChainedEvent {
  readonly run: number;
}

/** Makes an empty file, or a store of an older version, a store of this version. */
export function upgradeStore(database: DatabaseSync, path: string): void {
  inTransaction(database, () => {
    const version = storeVersion(database, path); // another process may have been faster
    if (version === 0) database.exec(SCHEMA);
    if (version === 1) upgradeFromVersion1(database);
    if (version === 1 || version === 2) database.exec(CACHE);
    if (version >= 1 && version <= 3) upgradeFromVersion3(database);
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

/** Sums stay as they are: they do not depend on how events are kept. So does what is missing or damaged. */
function upgradeFromVersion3(database: DatabaseSync): void {
  database.exec(`DROP VIEW IF EXISTS journal; ${JOURNAL_TABLES}`);
  const packer = new EntryPacker(database);
  const rows = database.prepare("SELECT run, seq, type, at_ms AS atMs, body, sum FROM event ORDER BY run, seq");
  for (const row of rows.iterate()) packer.add(row as unknown as EventRow);
  packer.flush();
  database.exec(`DROP TABLE event; ${JOURNAL_VIEW}`);
}

/** Makes entries of events that come run by run, in order. */
class EntryPacker {
  readonly #addEntry: StatementSync;
  readonly #setHead: StatementSync;
  /** Of one run, without a gap. */
  #waiting: EventRow[] = [];
  /** The entry that was written last. */
  #last = { run: 0, number: 0 };

  constructor(database: DatabaseSync) {
    this.#addEntry = database.prepare("INSERT INTO entry(run, prev, seq, at_ms, body) VALUES(?, ?, ?, ?, ?)");
    this.#setHead = database.prepare("INSERT OR REPLACE INTO head(run, entry, sum) VALUES(?, ?, ?)");
  }

  add(row: EventRow): void {
    const last = this.#waiting.at(-1);
    const isNext = last?.run === row.run && last.seq + 1 === row.seq && this.#waiting.length < EVENTS_OF_ENTRY_MAX;
    if (!isNext) this.flush();
    this.#waiting.push(readableRow(row));
  }

  flush(): void {
    const [first, last] = [this.#waiting.at(0), this.#waiting.at(-1)];
    if (first === undefined || last === undefined) return;
    const { run, atMs, sum } = last;
    const prev = this.#last.run === run ? this.#last.number : 0;
    const body = this.#waiting.map((row) => entryLine(row, atMs)).join("\n");
    const number = Number(this.#addEntry.run(run, prev, first.seq, atMs, body).lastInsertRowid);
    this.#setHead.run(run, number, sum);
    this.#last = { run, number };
    this.#waiting = [];
  }
}

/** A row that no version can have written gets a line of its own too, with a sum that is not right. */
function readableRow(row: EventRow): EventRow {
  const { type, atMs, body, sum } = row;
  if (!/\s/.test(type) && Number.isSafeInteger(atMs) && !body.includes("\n")) return row;
  const [whole] = type.split(/\s/);
  return {
    ...row,
    type: whole ?? "",
    atMs: Number.isSafeInteger(atMs) ? atMs : 0,
    body: JSON.stringify({ damaged: body }),
    sum: wrongSum(sum),
  };
}
