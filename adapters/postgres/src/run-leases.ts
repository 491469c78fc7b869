/**
 * Which runs this opening of the store owns. Each opening that owns something has one row, its lease, renewed for all its runs
 * at once by the clock of the database. A run names its owner's row and counts its owners (`epoch`): both are looked at in the
 * statement that appends, so that whoever was stopped for a while finds out there that another has taken over.
 */
import { randomBytes } from "node:crypto";
import type { MeshError } from "@agentmesh/core";
import { JournalConflictError } from "@agentmesh/ports";
import { isProcessGone, type ProcessIdentity } from "@agentmesh/store";
import type { ServerSession } from "./server-session.ts";

/** A lease is renewed so many times while it lasts: one renewal may be late, or fail. */
const RENEWALS_PER_LEASE = 3;
/** Between two tries to delete a row of ours, while which others take its runs for owned. */
const DELETION_PAUSE_MS = 500;

const RENEW = {
  name: "renew",
  text: `INSERT INTO owner(id, host, host_name, pid, started, lease_until)
    VALUES($1, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond')
    ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until`,
};
const DELETE = { name: "delete-owners", text: "DELETE FROM owner WHERE id = ANY($1::text[])" };
const OWNERS = {
  name: "owners",
  text: "SELECT id, host, pid, started FROM owner WHERE lease_until > clock_timestamp()",
};

export interface RunLeasesOptions {
  readonly leaseMs: number;
  readonly identity: ProcessIdentity;
}

/** A run that this opening owns, with the end of its journal: nobody else can move it. */
export interface HeldRun {
  readonly run: string;
  readonly number: number;
  readonly epoch: number;
  seq: number;
  sum: number;
}

/** An owner whose lease has not ended. */
export interface LeasedOwner {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly started: string;
}

export class RunLeases {
  /** For reading and renewing, so that a long commit does not end the lease. */
  readonly #session: ServerSession;
  readonly #options: RunLeasesOptions;
  readonly #held = new Map<string, HeldRun>();
  /** Runs that were held, or were to be, when a commit failed. */
  readonly #broken = new Map<string, MeshError>();
  /** The id of our row; undefined while there is none. */
  #owner: string | undefined;
  /** Rows that were ours: nothing renews them, and whoever they own is free. */
  readonly #abandoned = new Set<string>();
  /** Those of them that others may still see. */
  readonly #undeleted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isRenewing = false;
  #isClosed = false;

  constructor(session: ServerSession, options: RunLeasesOptions) {
    this.#session = session;
    this.#options = options;
  }

  get owner(): string {
    return this.#owner ?? "";
  }

  isHeld(run: string): boolean {
    return this.#held.has(run);
  }

  heldOrNone(run: string): HeldRun | undefined {
    return this.#held.get(run);
  }

  /** Throws what broke the run, or JournalConflictError. `seq` is the event that is to be appended. */
  held(run: string, seq: number): HeldRun {
    const broken = this.#broken.get(run);
    if (broken !== undefined) throw broken;
    const held = this.#held.get(run);
    if (held === undefined) throw new JournalConflictError(run, seq, "not-held");
    return held;
  }

  hold(held: HeldRun): void {
    this.#held.set(held.run, held);
    this.#broken.delete(held.run);
  }

  /** The run is no longer held; its row says so already. */
  forget(run: string): void {
    this.#held.delete(run);
    this.#broken.delete(run);
  }

  /** A commit failed: what is in memory is ahead of the store, so every run is given up, and with them our row. */
  giveUp(failure: MeshError, appended: Iterable<string>): void {
    for (const run of [...this.#held.keys(), ...appended]) this.#broken.set(run, failure);
    this.#abandonRow();
    void this.#renew(); // so that others may take the runs as soon as the server is back
  }

  /** Afterwards there is a row of ours. Throws StoreError. */
  async ensureOwner(): Promise<void> {
    if (this.#owner !== undefined) return;
    const id = randomBytes(16).toString("base64url");
    await this.#session.repeat(() => this.#renewRow(id));
    this.#owner = id;
    this.#timer ??= setInterval(() => void this.#renew(), this.#options.leaseMs / RENEWALS_PER_LEASE).unref();
  }

  /** The ids of owners that live. Throws StoreError. */
  async living(): Promise<readonly string[]> {
    const owners = await this.#session.read<LeasedOwner & Record<string, unknown>>(OWNERS, []);
    return owners.filter((owner) => this.isLiving(owner)).map(({ id }) => id);
  }

  /** Whether an owner whose lease has not ended lives. */
  isLiving(owner: LeasedOwner): boolean {
    if (this.#abandoned.has(owner.id)) return false;
    if (owner.id === this.#owner) return true;
    return owner.host !== this.#options.identity.host || !isProcessGone(owner);
  }

  /** Deletes our rows, which gives back all runs. Where it fails, the lease ends by itself. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#abandonRow();
    await this.#deleteAbandoned().catch(() => undefined);
  }

  #abandonRow(): void {
    if (this.#owner !== undefined) {
      this.#abandoned.add(this.#owner);
      this.#undeleted.add(this.#owner);
    }
    this.#owner = undefined;
    this.#held.clear();
  }

  /** When it fails, the next renewal may succeed, and when that does not, the lease ends. */
  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      await this.#deleteAbandoned();
      if (this.#owner !== undefined) await this.#renewRow(this.#owner);
    } catch {
      // The fence of each append is what counts. But nobody gets what was given up before its row is gone.
      if (this.#undeleted.size > 0 && !this.#isClosed) setTimeout(() => void this.#renew(), DELETION_PAUSE_MS).unref();
    } finally {
      this.#isRenewing = false;
    }
  }

  async #renewRow(id: string): Promise<void> {
    const { leaseMs, identity } = this.#options;
    const { host, hostName, pid, started } = identity;
    await this.#session.query(RENEW, [id, host, hostName, pid, started, leaseMs]);
  }

  async #deleteAbandoned(): Promise<void> {
    const ids = [...this.#undeleted];
    if (ids.length === 0) return;
    await this.#session.query(DELETE, [ids]);
    for (const id of ids) this.#undeleted.delete(id);
  }
}
