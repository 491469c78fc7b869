/** The table of commands: who may send, what waits, how it ended. */
import type { InboxAnswer } from "@agentmesh/ports";
import { inboxAnswerFrom, type InboxRows, inboxRowsFrom } from "@agentmesh/store";
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
    const commands = rows.map(({ item, at_ms: atMs, command }) => ({
      item: Number(item),
      atMs: Number(atMs),
      command,
    }));
    for (const { item } of commands) this.#know(item, run);
    return inboxRowsFrom(run, commands);
  }

  async answer(item: number): Promise<InboxAnswer | undefined> {
    if (!isItem(item)) return undefined;
    const [row] = await this.#session.read<{ answer: string | null }>(ANSWER, [item]);
    if (row === undefined || row.answer === null) return undefined;
    return inboxAnswerFrom(item, row.answer);
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
