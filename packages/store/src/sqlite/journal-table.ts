/**
 * The journals of all runs in the order in which they were written: an entry for what was appended at once, which names the entry of its
 * run before it, and for each run its last one. So a commit that holds events of a hundred runs writes a few pages, where
 * an index would make it write one for each run. Where a link is broken, entries are found by looking through all of them.
 */
import type { RunEvent } from "@agentmesh/core";
import { type IntactEvents, JournalConflictError } from "@agentmesh/ports";
import { type ChainedEvent, type ChainEnd, chainedEvent, firstSum, readChain } from "../event-chain.ts";
import { entryEvents, entryLine, type JournalEntry } from "./journal-entry.ts";
import { isDamage } from "./sqlite-error.ts";
import type { StoreFile } from "./store-file.ts";

/** What comes together is one entry up to this length, in characters: several of them fit into a page of the file. */
const ENTRY_LENGTH = 1_000;

/** From an entry back to the one that holds an event. Links lead backwards: one that is broken leads in no circle. */
const LINKED = `
  WITH RECURSIVE linked(number, run, prev, seq, atMs, body) AS (
    SELECT number, run, prev, seq, at_ms, body FROM entry WHERE number = ?
    UNION ALL
    SELECT entry.number, entry.run, entry.prev, entry.seq, entry.at_ms, entry.body
    FROM linked JOIN entry ON entry.number = linked.prev
    WHERE linked.seq > ? AND linked.prev < linked.number AND entry.run = linked.run
  )
  SELECT number, run, prev, seq, atMs, body FROM linked`;

/** The end of a run's journal. */
export interface JournalEnd {
  /** The number of its last entry; 0 when there is none. */
  entry: number;
  seq: number;
  sum: number;
}

/** A run whose journal may be written. */
export interface OpenJournal extends JournalEnd {
  readonly run: string;
  readonly number: number;
}

interface NumberedEntry extends JournalEntry {
  readonly number: number;
}

interface LinkedEntry extends NumberedEntry {
  readonly run: number;
  /** The number of the run's entry before it; 0 for its first. */
  readonly prev: number;
}

export class JournalTable {
  readonly #file: StoreFile;
  /** The number of the newest entry of all runs; right for version `#versionOfNewest` of the store. */
  #newest = 0;
  #versionOfNewest = -1;
  #version = 0;

  constructor(file: StoreFile) {
    this.#file = file;
  }

  /** `version`: of the store, in the transaction that has begun. */
  beginTransaction(version: number): void {
    this.#version = version;
  }

  /**
   * Within a transaction: `events` are the next ones of the run, at least one. Throws JournalConflictError, before anything
   * is written, when the journal does not end where the run in memory does.
   */
  append(journal: OpenJournal, events: readonly RunEvent[]): void {
    const atMs = events.at(-1)?.atMs ?? 0;
    const entries: { readonly seq: number; body: string }[] = [];
    let sum = journal.sum;
    for (const event of events) {
      const chained = chainedEvent(event, sum);
      sum = chained.sum;
      const line = entryLine(chained, atMs);
      const last = entries.at(-1);
      if (last === undefined || last.body.length + line.length > ENTRY_LENGTH)
        entries.push({ seq: event.seq, body: line });
      else last.body += `\n${line}`;
    }
    const before = this.#newestNumber();
    if (!this.#moveHead(journal, before + entries.length, sum))
      throw new JournalConflictError(journal.run, journal.seq + 1, "taken");
    for (const { seq, body } of entries) {
      this.#file
        .statement("INSERT INTO entry(number, run, prev, seq, at_ms, body) VALUES(?, ?, ?, ?, ?, ?)")
        .run(++this.#newest, journal.number, journal.entry, seq, atMs, body);
      journal.entry = this.#newest;
    }
    journal.seq += events.length;
    journal.sum = sum;
  }

  /** The events after `afterSeq`, as far as they are whole. Throws what the database throws, unless it is damage. */
  read(run: string, afterSeq: number): IntactEvents {
    const number = this.#file.statement("SELECT number FROM run WHERE id = ?").get(run)?.["number"];
    if (typeof number !== "number") return { events: [] };
    const linked = this.#linked(number, afterSeq);
    const rows = eventsFrom(linked?.toReversed() ?? this.#scanned(number), afterSeq);
    return readChain({ run, afterSeq, rows, isDamage });
  }

  /** Where a run goes on that was not ours. Within a transaction: a wrong head is put right. */
  end(run: string, number: number): JournalEnd {
    const [linked] = this.#linked(number, Number.MAX_SAFE_INTEGER) ?? [];
    const last = linked ?? [...this.#scanned(number)].at(-1);
    if (last === undefined) return { entry: 0, seq: 0, sum: firstSum(run) };
    const { seq, sum } = endOf(last);
    if (linked === undefined)
      this.#file
        .statement("INSERT OR REPLACE INTO head(run, entry, sum) VALUES(?, ?, ?)")
        .run(number, last.number, sum);
    return { entry: last.number, seq, sum };
  }

  /** How many events a run has, and their bytes. */
  size(number: number): { readonly count: number; readonly bytes: number } {
    let [count, bytes] = [0, 0];
    for (const { body } of this.#entriesOf(number)) {
      count += lineCount(body);
      bytes += body.length;
    }
    return { count, bytes };
  }

  /** Within a transaction. */
  remove(number: number): void {
    for (const entry of Array.from(this.#entriesOf(number)))
      this.#file.statement("DELETE FROM entry WHERE number = ?").run(entry.number);
    this.#file.statement("DELETE FROM head WHERE run = ?").run(number);
  }

  /** Of the newest entry of all runs. */
  #newestNumber(): number {
    if (this.#versionOfNewest !== this.#version) {
      this.#newest = Number(this.#file.statement("SELECT max(number) AS newest FROM entry").get()?.["newest"] ?? 0);
      this.#versionOfNewest = this.#version;
    }
    return this.#newest;
  }

  /** False when the run's last entry is another than the one in memory: somebody else has written. */
  #moveHead({ number, entry: last }: OpenJournal, entry: number, sum: number): boolean {
    const moved =
      last === 0
        ? this.#file
            .statement("INSERT INTO head(run, entry, sum) VALUES(?, ?, ?) ON CONFLICT DO NOTHING")
            .run(number, entry, sum)
        : this.#file
            .statement("UPDATE head SET entry = ?, sum = ? WHERE run = ? AND entry = ?")
            .run(entry, sum, number, last);
    return moved.changes === 1;
  }

  #entriesOf(number: number): Iterable<NumberedEntry> {
    return this.#linked(number, 0) ?? this.#scanned(number);
  }

  /** Newest first, back to the entry that holds event `afterSeq`; undefined where a link is broken. Entries never change. */
  #linked(number: number, afterSeq: number): readonly NumberedEntry[] | undefined {
    try {
      return this.#followed(number, Math.max(afterSeq, 1));
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  #followed(number: number, oldestSeq: number): readonly NumberedEntry[] | undefined {
    const head = this.#file.statement("SELECT entry, sum FROM head WHERE run = ?").get(number);
    if (head === undefined) return undefined;
    const entries = this.#file.statement(LINKED).all(Number(head["entry"]), oldestSeq) as unknown as LinkedEntry[];
    for (const [at, entry] of entries.entries()) {
      const after = entries[at - 1];
      const isRight =
        after === undefined ? endOf(entry).sum === head["sum"] : entry.seq + lineCount(entry.body) === after.seq;
      if (!isRight || entry.run !== number) return undefined;
    }
    const isWhole = (entries.at(-1)?.seq ?? Number.POSITIVE_INFINITY) <= oldestSeq;
    return isWhole ? entries : undefined;
  }

  /** In order, as far as the file can be read: entries of a run are never stored before older ones. */
  #scanned(number: number): Iterable<NumberedEntry> {
    return this.#file
      .statement("SELECT number, seq, at_ms AS atMs, body FROM entry WHERE run = ? ORDER BY number")
      .iterate(number) as Iterable<unknown> as Iterable<NumberedEntry>;
  }
}

function* eventsFrom(entries: Iterable<JournalEntry>, seq: number): Generator<ChainedEvent, void, undefined> {
  for (const entry of entries) for (const event of entryEvents(entry)) if (event.seq >= seq) yield event;
}

/** Of what cannot be read, the sum is none. */
function endOf(entry: JournalEntry): ChainEnd {
  return entryEvents(entry).at(-1) ?? { seq: entry.seq, sum: 0 };
}

function lineCount(body: string): number {
  let count = 1;
  for (let at = body.indexOf("\n"); at >= 0; at = body.indexOf("\n", at + 1)) count++;
  return count;
}
