/** The table of commands: who may send, what waits, how it ended. */
import { INBOX_ITEMS_MAX, type InboxAnswer } from "@agentmesh/ports";
import { inboxAnswerFrom, inboxFull, type InboxRows, inboxRowsFrom, unknownRun } from "../inbox-command.ts";
import type { StoreFile } from "./store-file.ts";

export class RunInbox {
  readonly #file: StoreFile;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** Within a transaction. Returns the item. Throws InboxError. */
  send(run: string, command: string, atMs: number): number {
    const number = this.#file.statement("SELECT number FROM run WHERE id = ?").get(run)?.["number"];
    if (typeof number !== "number") throw unknownRun(run);
    const waiting = this.#file
      .statement("SELECT count(*) AS n FROM inbox WHERE run = ? AND answer IS NULL")
      .get(number);
    if (Number(waiting?.["n"]) >= INBOX_ITEMS_MAX) throw inboxFull(run);
    const inserted = this.#file
      .statement("INSERT INTO inbox(run, at_ms, command) VALUES(?, ?, ?)")
      .run(number, atMs, command);
    return Number(inserted.lastInsertRowid);
  }

  unanswered(run: string): InboxRows {
    const rows = this.#file
      .statement(
        `SELECT item, at_ms, command FROM inbox
         WHERE run = (SELECT number FROM run WHERE id = ?) AND answer IS NULL ORDER BY item`,
      )
      .all(run);
    const commands = rows.map((row) => ({
      item: Number(row["item"]),
      atMs: Number(row["at_ms"]),
      command: String(row["command"]),
    }));
    return inboxRowsFrom(run, commands);
  }

  answer(item: number): InboxAnswer | undefined {
    const text = this.#file.statement("SELECT answer FROM inbox WHERE item = ?").get(item)?.["answer"];
    return typeof text === "string" ? inboxAnswerFrom(item, text) : undefined;
  }

  /** Within a transaction. An item that is answered already keeps its answer. */
  settle({ item, error }: InboxAnswer): void {
    this.#file
      .statement("UPDATE inbox SET answer = ? WHERE item = ? AND answer IS NULL")
      .run(JSON.stringify(error ?? null), item);
  }

  /** The run of an item; undefined when there is no such item. */
  runOf(item: number): string | undefined {
    const run = this.#file
      .statement("SELECT run.id FROM inbox JOIN run ON run.number = inbox.run WHERE item = ?")
      .get(item)?.["id"];
    return typeof run === "string" ? run : undefined;
  }

  /** The newest unanswered item of a run; 0 when there is none. */
  newestOf(run: string): number {
    const row = this.#file
      .statement(
        "SELECT max(item) AS item FROM inbox WHERE run = (SELECT number FROM run WHERE id = ?) AND answer IS NULL",
      )
      .get(run);
    return Number(row?.["item"] ?? 0);
  }

  /** The newest item of all runs. */
  newest(): number {
    return Number(this.#file.statement("SELECT max(item) AS item FROM inbox").get()?.["item"] ?? 0);
  }

  /** Unanswered items after another, of all runs. */
  after(item: number): readonly { readonly item: number; readonly run: string }[] {
    return this.#file
      .statement(
        `SELECT item, run.id AS run FROM inbox JOIN run ON run.number = inbox.run
         WHERE item > ? AND answer IS NULL ORDER BY item`,
      )
      .all(item)
      .map((row) => ({ item: Number(row["item"]), run: String(row["run"]) }));
  }
}
