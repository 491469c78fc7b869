/** The events of stores up to version 3: a row for each. */
import type { DatabaseSync } from "node:sqlite";
import type { StoredRow } from "./stored-row.ts";

export class EventTable {
  readonly #database: DatabaseSync;
  readonly #columns: string;

  constructor(database: DatabaseSync, version: number) {
    this.#database = database;
    this.#columns = `seq, type, at_ms, body, ${version === 1 ? "NULL AS sum" : "sum"}`;
  }

  *rows(run: number): Generator<StoredRow, void, undefined> {
    const statement = this.#database.prepare(`SELECT ${this.#columns} FROM event WHERE run = ? ORDER BY seq`);
    for (const row of statement.iterate(run)) yield eventFrom(row);
  }

  event(run: number, seq: number): StoredRow | undefined {
    const row = this.#database.prepare(`SELECT ${this.#columns} FROM event WHERE run = ? AND seq = ?`).get(run, seq);
    return row === undefined ? undefined : eventFrom(row);
  }

  /** Numbers of runs that have events. */
  runs(): readonly number[] {
    return this.#database
      .prepare("SELECT DISTINCT run FROM event")
      .all()
      .map(({ run }) => Number(run));
  }

  /** An index of SQLite finds them. */
  linkFault(_run: number): string | undefined {
    return undefined;
  }
}

function eventFrom(row: Readonly<Record<string, unknown>>): StoredRow {
  const sum = row["sum"];
  return {
    seq: Number(row["seq"]),
    type: String(row["type"]),
    atMs: Number(row["at_ms"]),
    body: String(row["body"]),
    sum: typeof sum === "number" ? sum : undefined,
  };
}
