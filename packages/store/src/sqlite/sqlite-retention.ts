/**
 * Removes what need not be kept, in small transactions, so that others get their turn. A value may go when no event refers
 * to it: events are looked through once without a lock, and those that came meanwhile within the transaction that removes.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { startedRuns } from "@agentmesh/core";
import type { PruneQuery, PruneReport, Retention } from "@agentmesh/ports";
import { type FinishedRun, prunableRuns } from "../prunable-runs.ts";
import { referencedHashes } from "../referenced-hashes.ts";
import type { BlobFolder } from "./blob-folder.ts";
import type { GroupCommit } from "./group-commit.ts";
import type { JournalTable } from "./journal-table.ts";
import { storeErrorFrom } from "./sqlite-error.ts";
import type { StoreFile } from "./store-file.ts";

/** Of one transaction, or one turn of the event loop: some milliseconds. */
const RUNS_AT_ONCE = 20;
const ENTRIES_AT_ONCE = 5_000;
const VALUES_AT_ONCE = 1_000;

interface Amount {
  count: number;
  bytes: number;
}

/** What the store has that is needed here. */
export interface StoreParts {
  readonly journals: JournalTable;
  readonly writes: GroupCommit;
  readonly folder: BlobFolder;
}

export class SqliteRetention implements Retention {
  readonly #file: StoreFile;
  readonly #journals: JournalTable;
  readonly #writes: GroupCommit;
  readonly #folder: BlobFolder;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: StoreFile, { journals, writes, folder }: StoreParts) {
    this.#file = file;
    this.#journals = journals;
    this.#writes = writes;
    this.#folder = folder;
  }

  /** One after another: a file goes only when the removal of its row is committed, and no other removal is in the same commit. */
  prune(query: PruneQuery): Promise<PruneReport> {
    const report = this.#last.then(() => this.#prune(query));
    this.#last = report.catch(() => undefined);
    return report;
  }

  async #prune(query: PruneQuery): Promise<PruneReport> {
    try {
      const runs = prunableRuns(this.#finished(this.#awaited()), query);
      const events = { count: 0, bytes: 0 };
      for (let at = 0; at < runs.length; at += RUNS_AT_ONCE) {
        const some = runs.slice(at, at + RUNS_AT_ONCE);
        add(events, query.isDryRun === true ? this.#eventsOf(some) : await this.#removeRuns(some));
      }
      const values = await this.#pruneValues(query, runs);
      if (query.isDryRun !== true) await this.#removeFiles();
      const cacheRows = await this.#pruneCache(query);
      if (query.isCompacting === true && query.isDryRun !== true) await this.#compact();
      const bytes = events.bytes + values.bytes;
      return { runs: runs.length, events: events.count, values: values.count, bytes, cacheRows };
    } catch (error) {
      throw storeErrorFrom(error, this.#file.path);
    }
  }

  /** The ids of runs whose result the run that has started them may still have to read. */
  #awaited(): ReadonlySet<string> {
    const rows = this.#file
      .statement("SELECT id FROM run WHERE status NOT IN ('succeeded', 'failed', 'cancelled')")
      .all();
    return new Set(rows.flatMap(({ id }) => startedRuns(this.#journals.read(String(id), 0).events)));
  }

  #finished(awaited: ReadonlySet<string>): readonly FinishedRun[] {
    const rows = this.#file
      .statement(
        `SELECT run.number, id, tenant, entry.at_ms AS ended_ms
         FROM run LEFT JOIN head ON head.run = run.number LEFT JOIN entry ON entry.number = head.entry
         WHERE status IN ('succeeded', 'failed', 'cancelled')`,
      )
      .all();
    const mayGo = rows.filter(({ id }) => !awaited.has(String(id)));
    return mayGo.map((row) => ({
      number: Number(row["number"]),
      tenant: String(row["tenant"]),
      endedMs: Number(row["ended_ms"] ?? 0),
    }));
  }

  /** One that has ended stays so: what was looked at before holds within the transaction. */
  #removeRuns(runs: readonly FinishedRun[]): Promise<Amount> {
    return this.#writes.add(() => {
      const amount = this.#eventsOf(runs);
      for (const { number } of runs) {
        this.#journals.remove(number);
        this.#file.statement("DELETE FROM inbox WHERE run = ?").run(number);
        this.#file.statement("DELETE FROM run WHERE number = ?").run(number);
      }
      return amount;
    });
  }

  #eventsOf(runs: readonly FinishedRun[]): Amount {
    const amount = { count: 0, bytes: 0 };
    for (const { number } of runs) add(amount, this.#journals.size(number));
    return amount;
  }

  /** The numbers of removed runs may have been given anew: only in a dry run are the runs left out that would be removed. */
  async #pruneValues({ isDryRun = false }: PruneQuery, runs: readonly FinishedRun[]): Promise<Amount> {
    const amount = { count: 0, bytes: 0 };
    const scan = new JournalScan(this.#file, new Set(isDryRun ? runs.map(({ number }) => number) : []));
    while (scan.look(ENTRIES_AT_ONCE)) await nextTurn();
    const unused = this.#values().filter((hash) => !scan.used.has(hash));
    for (let at = 0; at < unused.length; at += VALUES_AT_ONCE) {
      const some = unused.slice(at, at + VALUES_AT_ONCE);
      add(amount, isDryRun ? this.#valuesOf(some) : await this.#removeValues(some, scan));
    }
    return amount;
  }

  #values(): readonly string[] {
    return this.#file
      .statement("SELECT hash FROM blob")
      .all()
      .map((row) => String(row["hash"]));
  }

  #removeValues(hashes: readonly string[], scan: JournalScan): Promise<Amount> {
    return this.#writes.add(() => {
      scan.catchUp();
      const unused = hashes.filter((hash) => !scan.used.has(hash));
      const amount = this.#valuesOf(unused);
      for (const hash of unused) this.#file.statement("DELETE FROM blob WHERE hash = ?").run(hash);
      return amount;
    });
  }

  #valuesOf(hashes: readonly string[]): Amount {
    const row = this.#file
      .statement(
        `SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes FROM blob
         WHERE hash IN (SELECT value FROM json_each(?))`,
      )
      .get(JSON.stringify(hashes));
    const files = this.#file
      .statement("SELECT hash FROM blob WHERE body = '' AND hash IN (SELECT value FROM json_each(?))")
      .all(JSON.stringify(hashes));
    const inFiles = files.reduce((sum, { hash }) => sum + (this.#folder.bytes(String(hash)) ?? 0), 0);
    return { count: Number(row?.["count"]), bytes: Number(row?.["bytes"]) + inFiles };
  }

  /** Files that no row tells of, those of crashes too. Looked at again where nobody can be about to store one. */
  async #removeFiles(): Promise<void> {
    const names = this.#folder.names().filter((name) => !this.#hasRow(name));
    for (let at = 0; at < names.length; at += VALUES_AT_ONCE) {
      const some = names.slice(at, at + VALUES_AT_ONCE);
      await this.#writes.add(() => this.#removeRowless(some));
    }
  }

  /** Writes no row: what it throws is refused alone, and breaks nobody else's transaction. Throws StoreError. */
  #removeRowless(names: readonly string[]): void {
    try {
      for (const name of names) if (!this.#hasRow(name)) this.#folder.remove(name);
    } catch (error) {
      throw storeErrorFrom(error, this.#file.path);
    }
  }

  #hasRow(name: string): boolean {
    return this.#file.statement("SELECT 1 FROM blob WHERE hash = ?").get(name) !== undefined;
  }

  async #pruneCache({ tenant, nowMs, isDryRun = false }: PruneQuery): Promise<number> {
    const expired = "FROM cache WHERE (?1 IS NULL OR tenant = ?1) AND expires_ms <= ?2";
    if (isDryRun)
      return Number(this.#file.statement(`SELECT count(*) AS count ${expired}`).get(tenant ?? null, nowMs)?.["count"]);
    return await this.#writes.add(() =>
      Number(this.#file.statement(`DELETE ${expired}`).run(tenant ?? null, nowMs).changes),
    );
  }

  /** Writes the file anew, without what is free in it. Nothing else can be written meanwhile. */
  async #compact(): Promise<void> {
    await this.#writes.drain();
    this.#file.statement("VACUUM").run();
    this.#file.statement("PRAGMA wal_checkpoint(TRUNCATE)").get();
  }
}

/** The hashes that events refer to, in the order in which the events were stored. */
class JournalScan {
  readonly used = new Set<string>();
  readonly #file: StoreFile;
  /** Numbers of runs that do not count. */
  readonly #gone: ReadonlySet<number>;
  #last = { number: 0, run: 0, seq: 0 };

  constructor(file: StoreFile, gone: ReadonlySet<number>) {
    this.#file = file;
    this.#gone = gone;
  }

  /** Looks at some more; false when there are no more. */
  look(count: number): boolean {
    const rows = this.#file
      .statement("SELECT number, run, seq, body FROM entry WHERE number > ? ORDER BY number LIMIT ?")
      .all(this.#last.number, count);
    for (const row of rows) {
      this.#last = { number: Number(row["number"]), run: Number(row["run"]), seq: Number(row["seq"]) };
      if (this.#gone.has(this.#last.run)) continue;
      for (const hash of referencedHashes(String(row["body"]))) this.used.add(hash);
    }
    return rows.length === count;
  }

  /**
   * Within a transaction: afterwards no reference is missing. New rows come behind the last one, as long as that is there;
   * else another process has removed it meanwhile, and its number may have been given anew.
   */
  catchUp(): void {
    const row = this.#file.statement("SELECT run, seq FROM entry WHERE number = ?").get(this.#last.number);
    const isThere = row?.["run"] === this.#last.run && row["seq"] === this.#last.seq;
    if (!isThere) this.#last = { number: 0, run: 0, seq: 0 };
    while (this.look(ENTRIES_AT_ONCE));
  }
}

function add(sum: Amount, { count, bytes }: Amount): void {
  sum.count += count;
  sum.bytes += bytes;
}
