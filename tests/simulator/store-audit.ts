/** Looks into the file itself, past the engine: what is stored of a run. */
import { DatabaseSync } from "node:sqlite";
import { type WrittenRow, writtenRows } from "./written-row.ts";

export interface StoreAudit {
  readonly stored: readonly WrittenRow[];
  /** The text of each command's answer; null while there is none. */
  readonly answers: ReadonlyMap<number, string | null>;
}

const RUN = "(SELECT number FROM run WHERE id = ?)";

let opened: { readonly path: string; readonly database: DatabaseSync } | undefined;

export function auditStore({ path, run }: { readonly path: string; readonly run: string }): StoreAudit {
  const database = openedAt(path);
  const rows = database.prepare(`SELECT seq, at_ms, body FROM entry WHERE run = ${RUN} ORDER BY number`).all(run);
  const items = database.prepare(`SELECT item, answer FROM inbox WHERE run = ${RUN}`).all(run);
  return {
    stored: rows.flatMap((row) =>
      writtenRows({ seq: Number(row["seq"]), atMs: Number(row["at_ms"]), body: String(row["body"]) }),
    ),
    answers: new Map(items.map(({ item, answer }) => [Number(item), answer === null ? null : String(answer)])),
  };
}

/** One connection serves all runs of a file. */
function openedAt(path: string): DatabaseSync {
  if (opened?.path === path) return opened.database;
  opened?.database.close();
  opened = { path, database: new DatabaseSync(path, { readOnly: true }) };
  return opened.database;
}
