/**
 * The events of stores from version 4 on: entries of several lines, `TYPE OFFSET SUM BODY`, each of which names the entry of
 * its run before it. All entries are looked at here, whatever the links say, and the links are compared with that.
 */
import type { DatabaseSync } from "node:sqlite";
import type { StoredRow } from "./stored-row.ts";

/** Of a line that cannot be read: no checksum is negative. */
const NO_SUM = -1;

interface EntryPlace {
  readonly number: number;
  /** Of its first event. */
  readonly seq: number;
}

/** Where the entries of each run are, as far as the file could be read. */
interface Directory {
  readonly places: ReadonlyMap<number, readonly EntryPlace[]>;
  /** What SQLite has thrown, at a page that is damaged. */
  readonly failure?: Error;
}

export class EntryTable {
  readonly #database: DatabaseSync;
  #known: Directory | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws what SQLite throws, behind the rows that can be read. */
  *rows(run: number): Generator<StoredRow, void, undefined> {
    const { places, failure } = this.#directory();
    const found = places.get(run)?.map(({ number }) => number) ?? [];
    const linked = failure === undefined ? undefined : this.#linked(run);
    for (const number of linked ?? found) yield* this.#lines(number);
    if (failure !== undefined && linked === undefined) throw failure;
  }

  event(run: number, seq: number): StoredRow | undefined {
    const place = this.#directory()
      .places.get(run)
      ?.findLast((each) => each.seq <= seq);
    return place === undefined ? undefined : this.#lines(place.number)[seq - place.seq];
  }

  /** Numbers of runs that have events. */
  runs(): readonly number[] {
    return [...this.#directory().places.keys()];
  }

  linkFault(run: number): string | undefined {
    const { places, failure } = this.#directory();
    const found = places.get(run) ?? [];
    if (failure !== undefined || found.length === 0) return undefined;
    const linked = this.#linked(run);
    const isRight = linked?.length === found.length && linked.every((number, at) => number === found[at]?.number);
    return isRight ? undefined : "Its entries do not name each other in the order in which they were stored.";
  }

  #directory(): Directory {
    this.#known ??= this.#look();
    return this.#known;
  }

  #look(): Directory {
    const places = new Map<number, EntryPlace[]>();
    try {
      for (const row of this.#database.prepare("SELECT number, run, seq FROM entry ORDER BY number").iterate()) {
        const [number, run, seq] = [Number(row["number"]), Number(row["run"]), Number(row["seq"])];
        const known = places.get(run);
        if (known === undefined) places.set(run, [{ number, seq }]);
        else known.push({ number, seq });
      }
      return { places };
    } catch (error) {
      return { places, failure: error instanceof Error ? error : new TypeError(String(error)) };
    }
  }

  /** By the links, from the last entry back to the first; undefined where the way ends before. */
  #linked(run: number): readonly number[] | undefined {
    try {
      return this.#followed(run);
    } catch {
      return undefined; // a damaged page: the rest is found otherwise
    }
  }

  #followed(run: number): readonly number[] | undefined {
    const head = this.#database.prepare("SELECT entry, sum FROM head WHERE run = ?").get(run);
    const statement = this.#database.prepare("SELECT run, prev FROM entry WHERE number = ?");
    const found: number[] = [];
    let next = Number(head?.["entry"] ?? 0);
    const sum = this.#lines(next).at(-1)?.sum;
    while (next !== 0) {
      const row = statement.get(next);
      const isRight = row?.["run"] === run && next < (found.at(-1) ?? Number.POSITIVE_INFINITY);
      if (!isRight) return undefined;
      found.push(next);
      next = Number(row["prev"]);
    }
    return sum === head?.["sum"] ? found.toReversed() : undefined;
  }

  #lines(number: number): readonly StoredRow[] {
    const row = this.#database.prepare("SELECT seq, at_ms, body FROM entry WHERE number = ?").get(number);
    const [seq, atMs] = [Number(row?.["seq"]), Number(row?.["at_ms"])];
    return String(row?.["body"])
      .split("\n")
      .map((line, index) => rowFrom(line, seq + index, atMs));
  }
}

function rowFrom(line: string, seq: number, atMs: number): StoredRow {
  const fields = /^(\S+) (-?\d+) (\d+) (.*)$/.exec(line);
  if (fields === null) return { seq, type: "unknown", atMs, body: line, sum: NO_SUM };
  const [, type = "", offset, sum, body = ""] = fields;
  return { seq, type, atMs: atMs + Number(offset), body, sum: Number(sum) };
}
