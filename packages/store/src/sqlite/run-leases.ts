/**
 * Which runs this opening of the store owns. Each opening that owns something has one row, its lease, which one statement
 * renews for all its runs; a run names its owner's row and counts its owners (`epoch`). Before anything is appended, both
 * are looked at within the same transaction: whoever was stopped for a while finds out there that another has taken over.
 */
import { randomBytes } from "node:crypto";
import type { MeshError, RunEventOf } from "@agentmesh/core";
import { JournalConflictError, RunOwnedError } from "@agentmesh/ports";
import { firstSum } from "../event-chain.ts";
import { isProcessGone, type ProcessIdentity } from "../process-identity.ts";
import type { JournalTable, OpenJournal } from "./journal-table.ts";
import type { StoreFile } from "./store-file.ts";

/** A lease is renewed so many times while it lasts: one renewal may be late, or fail. */
const RENEWALS_PER_LEASE = 3;

export interface RunLeasesOptions {
  readonly leaseMs: number;
  readonly nowMs: () => number;
  readonly identity: ProcessIdentity;
}

/** A run that this opening owns, with the end of its journal: nobody else can move it. */
export interface HeldRun extends OpenJournal {
  readonly epoch: number;
  /** The version of the store for which the ownership was last looked at. */
  checkedAt: number;
}

interface OwnerRow {
  readonly id: string;
  readonly host: string;
  readonly hostName: string;
  readonly pid: number;
  readonly started: string;
  readonly leaseUntilMs: number;
}

/** All methods run within a transaction, unless they say otherwise. */
export class RunLeases {
  readonly #file: StoreFile;
  readonly #journals: JournalTable;
  readonly #options: RunLeasesOptions;
  readonly #held = new Map<string, HeldRun>();
  /** Runs that were held, or were to be, when a commit failed. */
  readonly #broken = new Map<string, MeshError>();
  /** The id of our row; undefined while there is none. */
  #owner: string | undefined;
  /** Rows of ours that are to be deleted: nothing renews them. */
  readonly #abandoned = new Set<string>();
  /** The version of the store in the transaction that is under way. */
  #version = 0;
  #rowCheckedAt = -1;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: StoreFile, journals: JournalTable, options: RunLeasesOptions) {
    this.#file = file;
    this.#journals = journals;
    this.#options = options;
  }

  /** Without a transaction. */
  isHeld(run: string): boolean {
    return this.#held.has(run);
  }

  /** `version`: of the store. While nobody else has written anything, what was looked at once holds. */
  beginTransaction(version: number): void {
    this.#version = version;
  }

  /** Undefined when the run exists already. */
  create({ run, tenant, name, atMs }: RunEventOf<"run.created">): HeldRun | undefined {
    const owner = this.#ownRow();
    const inserted = this.#file
      .statement(
        `INSERT INTO run(id, tenant, name, status, created_ms, owner, owned_ms)
         VALUES(?, ?, ?, 'running', ?, ?, ?) ON CONFLICT DO NOTHING`,
      )
      .run(run, tenant, name, atMs, owner, this.#options.nowMs());
    if (inserted.changes === 0) return undefined;
    return this.#hold({
      run,
      number: Number(inserted.lastInsertRowid),
      epoch: 1,
      entry: 0,
      seq: 0,
      sum: firstSum(run),
    });
  }

  /** The run, if it is still ours. `seq` is the event that is to be appended. Throws JournalConflictError, or what broke the run. */
  held(run: string, seq: number): HeldRun {
    const broken = this.#broken.get(run);
    if (broken !== undefined) throw broken;
    const held = this.#held.get(run);
    if (held === undefined) throw new JournalConflictError(run, seq, "not-held");
    if (this.#isOurs(held)) return held;
    this.#held.delete(run);
    throw new JournalConflictError(run, seq, "taken");
  }

  /** False when there is no such run. Throws RunOwnedError. */
  claim(run: string): boolean {
    const row = this.#file.statement("SELECT number, owner, owned_ms, epoch FROM run WHERE id = ?").get(run);
    if (row === undefined) return false;
    this.#refuseIfOwned(run, row["owner"], Number(row["owned_ms"]));
    const owner = this.#ownRow();
    const [number, epoch] = [Number(row["number"]), Number(row["epoch"]) + 1];
    this.#file
      .statement("UPDATE run SET owner = ?, owned_ms = ?, epoch = ? WHERE number = ?")
      .run(owner, this.#options.nowMs(), epoch, number);
    this.#hold({ run, number, epoch, ...this.#journals.end(run, number) });
    return true;
  }

  release(run: string): void {
    this.#broken.delete(run);
    const held = this.#held.get(run);
    if (held === undefined || !this.#isOurs(held)) return;
    this.#file.statement("UPDATE run SET owner = NULL WHERE number = ?").run(held.number);
    this.#held.delete(run);
  }

  /** The run is no longer held; its row says so already. */
  forget(run: string): void {
    this.#held.delete(run);
  }

  /** Without a transaction. A commit failed: what is in memory is ahead of the store, so every run is given up, and with them our row. */
  giveUp(failure: MeshError, appended: Iterable<string>): void {
    for (const run of [...this.#held.keys(), ...appended]) this.#broken.set(run, failure);
    this.#abandonRow();
  }

  /** The ids of owners that live. Without a transaction. */
  living(): readonly string[] {
    return this.#file
      .statement("SELECT * FROM owner")
      .all()
      .map(ownerFrom)
      .filter((owner) => this.#isLiving(owner))
      .map(({ id }) => id);
  }

  /** Deletes our rows, which gives back all runs. */
  releaseAll(): void {
    this.#abandonRow();
    this.#deleteAbandoned();
  }

  /** Whether there is anything to give back. Without a transaction. */
  get hasRow(): boolean {
    return this.#owner !== undefined || this.#abandoned.size > 0;
  }

  /** Without a transaction. Rows that are left are no longer renewed. */
  close(): void {
    this.#stopRenewing();
  }

  #hold(run: Omit<HeldRun, "checkedAt">): HeldRun {
    const held = { ...run, checkedAt: this.#version };
    this.#held.set(run.run, held);
    this.#broken.delete(run.run);
    return held;
  }

  #isOurs(held: HeldRun): boolean {
    if (held.checkedAt === this.#version) return true;
    this.#checkRow();
    if (this.#held.get(held.run) !== held) return false;
    const row = this.#file.statement("SELECT owner, epoch FROM run WHERE number = ?").get(held.number);
    held.checkedAt = this.#version;
    return row?.["owner"] === this.#owner && row?.["epoch"] === held.epoch;
  }

  /** The id of our row, which exists afterwards. */
  #ownRow(): string {
    this.#checkRow();
    return this.#owner ?? this.#insertRow();
  }

  /** When our row was deleted, another has taken everything that we held. */
  #checkRow(): void {
    if (this.#owner === undefined || this.#rowCheckedAt === this.#version) return;
    this.#rowCheckedAt = this.#version;
    const row = this.#file.statement("SELECT 1 FROM owner WHERE id = ?").get(this.#owner);
    if (row === undefined) this.#abandonRow();
  }

  #insertRow(): string {
    const { leaseMs, nowMs, identity } = this.#options;
    const id = randomBytes(16).toString("base64url");
    const { host, hostName, pid, started } = identity;
    this.#deleteAbandoned();
    this.#file
      .statement("INSERT INTO owner(id, host, host_name, pid, started, lease_until_ms) VALUES(?, ?, ?, ?, ?, ?)")
      .run(id, host, hostName, pid, started, nowMs() + leaseMs);
    this.#owner = id;
    this.#timer ??= setInterval(() => this.#renew(), leaseMs / RENEWALS_PER_LEASE).unref();
    return id;
  }

  #abandonRow(): void {
    if (this.#owner !== undefined) this.#abandoned.add(this.#owner);
    this.#owner = undefined;
    this.#held.clear();
  }

  /** Ids stay in the set until their deletion is durable; deleting twice does no harm. */
  #deleteAbandoned(): void {
    for (const id of this.#abandoned) this.#file.statement("DELETE FROM owner WHERE id = ?").run(id);
  }

  /** Whether it fails or not: what counts is looked at in the transaction of each append. */
  #renew(): void {
    try {
      if (this.#held.size === 0) this.#abandonRow();
      this.#deleteAbandoned();
      this.#abandoned.clear();
      if (this.#owner === undefined) return this.#stopRenewing();
      const { leaseMs, nowMs } = this.#options;
      const renewed = this.#file
        .statement("UPDATE owner SET lease_until_ms = ? WHERE id = ?")
        .run(nowMs() + leaseMs, this.#owner);
      if (renewed.changes === 0) this.#abandonRow();
    } catch {
      // The disk or a lock: the next renewal may succeed, and when it does not, the lease ends.
    }
  }

  #stopRenewing(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Deletes the row of a dead owner: its other runs are free with it. */
  #refuseIfOwned(run: string, id: unknown, sinceMs: number): void {
    if (typeof id !== "string") return;
    const row = this.#file.statement("SELECT * FROM owner WHERE id = ?").get(id);
    if (row === undefined) return;
    const owner = ownerFrom(row);
    const isOwnLeftover = id === this.#owner && !this.#held.has(run);
    if (this.#isLiving(owner) && !isOwnLeftover) {
      const { pid, hostName: host, leaseUntilMs } = owner;
      throw new RunOwnedError(run, { pid, host, sinceMs, leaseUntilMs });
    }
    if (id !== this.#owner) this.#file.statement("DELETE FROM owner WHERE id = ?").run(id);
  }

  #isLiving(owner: OwnerRow): boolean {
    if (this.#abandoned.has(owner.id)) return false;
    if (owner.id === this.#owner) return true;
    if (owner.leaseUntilMs <= this.#options.nowMs()) return false;
    return owner.host !== this.#options.identity.host || !isProcessGone(owner);
  }
}

function ownerFrom(row: Record<string, unknown>): OwnerRow {
  return {
    id: String(row["id"]),
    host: String(row["host"]),
    hostName: String(row["host_name"]),
    pid: Number(row["pid"]),
    started: String(row["started"]),
    leaseUntilMs: Number(row["lease_until_ms"]),
  };
}
