/** The table of commands: who may send, what waits, how it ended. */
import { ErrorRecord, RunCommand } from "@agentmesh/core";
import {
  INBOX_COMMAND_BYTES_MAX,
  INBOX_ITEMS_MAX,
  type InboxAnswer,
  InboxError,
  type InboxItem,
} from "@agentmesh/ports";
import type { ServerSession } from "./server-session.ts";

const UNANSWERED = {
  name: "unanswered",
  text: `SELECT item, at_ms, command FROM inbox
    WHERE run = (SELECT number FROM run WHERE id = $1) AND answer IS NULL ORDER BY item`,
};
const ANSWER = { name: "answer", text: "SELECT answer FROM inbox WHERE item = $1" };
const RUNS = {
  name: "runs-of-items",
  text: "SELECT item, run.id FROM inbox JOIN run ON run.number = inbox.run WHERE item = ANY($1::bigint[])",
};
const WAITING = {
  name: "waiting",
  text: `SELECT item, run.id FROM inbox JOIN run ON run.number = inbox.run
    WHERE inbox.answer IS NULL AND run.id = ANY($1::text[]) ORDER BY item`,
};
/** The largest item that the database can count to. */
const ITEM_MAX = Number.MAX_SAFE_INTEGER;
/** How many items are remembered with their runs, so that answering one needs no look. */
const KNOWN_ITEMS_MAX = 10_000;

export interface InboxRows {
  readonly items: readonly InboxItem[];
  /** What this version cannot read, with the reason. */
  readonly unreadable: readonly InboxAnswer[];
}

export interface WaitingItem {
  readonly item: number;
  readonly run: string;
}

export class RunInbox {
  readonly #session: ServerSession;
  /** An item never moves to another run. */
  readonly #runs = new Map<number, string>();

  constructor(session: ServerSession) {
    this.#session = session;
  }

  /** Throws StoreError, as all of these do. */
  async unanswered(run: string): Promise<InboxRows> {
    const rows = await this.#session.read<{ item: string; at_ms: string; command: string }>(UNANSWERED, [run]);
    const items: InboxItem[] = [];
    const unreadable: InboxAnswer[] = [];
    for (const row of rows) {
      const item = Number(row.item);
      this.#know(item, run);
      const command = readCommand(row.command);
      if (command.success) items.push({ item, run, command: command.data, atMs: Number(row.at_ms) });
      else
        unreadable.push({ item, error: unreadableCommand(run, item, command.error.message).toJSON() as ErrorRecord });
    }
    return { items, unreadable };
  }

  async answer(item: number): Promise<InboxAnswer | undefined> {
    if (!isItem(item)) return undefined;
    const [row] = await this.#session.read<{ answer: string | null }>(ANSWER, [item]);
    if (row === undefined || row.answer === null) return undefined;
    const error = ErrorRecord.safeParse(jsonOr(null, row.answer));
    return error.success ? { item, error: error.data } : { item };
  }

  /** Unanswered items of the runs, oldest first. */
  async waiting(runs: readonly string[]): Promise<readonly WaitingItem[]> {
    const rows = await this.#session.read<{ item: string; id: string }>(WAITING, [runs]);
    return rows.map(({ item, id }) => ({ item: Number(item), run: id }));
  }

  /** Finds out which runs the items are of, where that is not known. */
  async learn(items: readonly number[]): Promise<void> {
    const unknown = items.filter((item) => isItem(item) && !this.#runs.has(item));
    if (unknown.length === 0) return;
    const rows = await this.#session.read<{ item: string; id: string }>(RUNS, [unknown]);
    for (const { item, id } of rows) this.#know(Number(item), id);
  }

  /** The run of an item that `learn` was asked for; undefined when there is no such item. */
  runOf(item: number): string | undefined {
    return this.#runs.get(item);
  }

  #know(item: number, run: string): void {
    this.#runs.set(item, run);
    if (this.#runs.size <= KNOWN_ITEMS_MAX) return;
    const [oldest] = this.#runs.keys();
    if (oldest !== undefined) this.#runs.delete(oldest);
  }
}

function isItem(item: number): boolean {
  return Number.isInteger(item) && item > 0 && item <= ITEM_MAX;
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
