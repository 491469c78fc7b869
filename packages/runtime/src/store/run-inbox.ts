/** The table of commands: who may send, what waits, how it ended. */
import { ErrorRecord, RunCommand } from "@agentmesh/core";
import {
  INBOX_COMMAND_BYTES_MAX,
  INBOX_ITEMS_MAX,
  type InboxAnswer,
  InboxError,
  type InboxItem,
} from "@agentmesh/ports";
import type { StoreFile } from "./store-file.ts";

export interface InboxRows {
  readonly items: readonly InboxItem[];
  /** What this version cannot read, with the reason. */
  readonly unreadable: readonly InboxAnswer[];
}

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
    const items: InboxItem[] = [];
    const unreadable: InboxAnswer[] = [];
    for (const row of rows) {
      const item = Number(row["item"]);
      const command = readCommand(String(row["command"]));
      if (command.success) items.push({ item, run, command: command.data, atMs: Number(row["at_ms"]) });
      else
        unreadable.push({ item, error: unreadableCommand(run, item, command.error.message).toJSON() as ErrorRecord });
    }
    return { items, unreadable };
  }

  answer(item: number): InboxAnswer | undefined {
    const text = this.#file.statement("SELECT answer FROM inbox WHERE item = ?").get(item)?.["answer"];
    if (typeof text !== "string") return undefined;
    const error = ErrorRecord.safeParse(jsonOr(null, text));
    return error.success ? { item, error: error.data } : { item };
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

/** The JSON text of a command. Throws InboxError when it is too large. */
export function commandText(run: string, command: RunCommand): string {
  const text = JSON.stringify(command);
  const bytes = Buffer.byteLength(text);
  if (bytes <= INBOX_COMMAND_BYTES_MAX) return text;
  throw new InboxError({
    code: "AM_INBOX_COMMAND_TOO_LARGE",
    message: `The command for run ${run} is ${bytes} bytes; ${INBOX_COMMAND_BYTES_MAX} are allowed.`,
    hint: "Give a smaller value.",
    facts: { run, bytes, bytesMax: INBOX_COMMAND_BYTES_MAX },
  });
}

function readCommand(text: string): ReturnType<typeof RunCommand.safeParse> {
  return RunCommand.safeParse(jsonOr(undefined, text));
}

function jsonOr(fallback: unknown, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function unknownRun(run: string): InboxError {
  return new InboxError({
    code: "AM_INBOX_UNKNOWN_RUN",
    message: `There is no run ${run} to send a command to.`,
    hint: "List the runs with: agentmesh runs",
    facts: { run },
  });
}

export function inboxFull(run: string): InboxError {
  return new InboxError({
    code: "AM_INBOX_FULL",
    message: `Run ${run} has ${INBOX_ITEMS_MAX} commands that nobody has answered.`,
    hint: "Resume the run, so that its commands are carried out.",
    facts: { run, itemsMax: INBOX_ITEMS_MAX },
    retryable: true,
  });
}

function unreadableCommand(run: string, item: number, reason: string): InboxError {
  return new InboxError({
    code: "AM_INBOX_UNREADABLE",
    message: `Command ${item} for run ${run} cannot be read.`,
    hint: "It was sent by another version of agentmesh: send it again with this one.",
    facts: { run, item, reason },
  });
}
