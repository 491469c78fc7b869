/** Takes runs that nobody living owns. Looking and taking are two statements: the second takes only what has not changed since. */
import { type RunOwner, RunOwnedError } from "@agentmesh/ports";
import { firstSum } from "@agentmesh/store";
import type { Lane, Outcome } from "./group-commit.ts";
import { storeErrorFrom } from "./postgres-error.ts";
import type { LeasedOwner, RunLeases } from "./run-leases.ts";
import type { ServerSession } from "./server-session.ts";

const LOOK = {
  name: "claim-look",
  text: `
  SELECT run.id AS run, run.number, run.epoch, run.owner, extract(epoch FROM run.owned_at) * 1000 AS since_ms,
    o.id, o.host, o.host_name, o.pid, o.started, extract(epoch FROM o.lease_until) * 1000 AS lease_until_ms
  FROM run LEFT JOIN owner o ON o.id = run.owner AND o.lease_until > clock_timestamp()
  WHERE run.id = ANY($1::text[])`,
};

/** Locks in one order for all who claim. `is_gone`: its process has ended, which only its own machine knows. */
const TAKE = {
  name: "claim-take",
  text: `
  UPDATE run SET owner = $1, owned_at = clock_timestamp(), epoch = run.epoch + 1
  FROM (
    SELECT run.number FROM run
    JOIN unnest($2::bigint[], $3::int[], $4::boolean[]) AS c(number, epoch, is_gone) ON c.number = run.number
    WHERE run.epoch = c.epoch
      AND (c.is_gone OR NOT EXISTS (SELECT FROM owner o WHERE o.id = run.owner AND o.lease_until > clock_timestamp()))
    ORDER BY run.number FOR NO KEY UPDATE OF run
  ) AS free
  WHERE run.number = free.number RETURNING run.number, run.epoch`,
};

/** After taking: the owner before cannot append any more. */
const TAILS = {
  name: "claim-tails",
  text: `
  SELECT c.number, e.seq, e.sum FROM unnest($1::bigint[]) AS c(number)
  CROSS JOIN LATERAL (SELECT seq, sum FROM event WHERE run = c.number ORDER BY seq DESC LIMIT 1) AS e`,
};

const FORGET = { name: "claim-forget", text: "DELETE FROM owner WHERE id = ANY($1::text[])" };

/** How often others may be faster before the one who asks is told who has it. */
const LOOKS_MAX = 5;

interface LookRow extends Record<string, unknown> {
  readonly run: string;
  readonly number: string;
  readonly epoch: number;
  readonly since_ms: string;
  /** Who the run names; the other columns are of its row, null when there is none or its lease is over. */
  readonly owner: string | null;
  readonly id: string | null;
  readonly host: string;
  readonly host_name: string;
  readonly pid: number;
  readonly started: string;
  readonly lease_until_ms: string;
}

export class ClaimLane implements Lane<string, boolean> {
  readonly #session: ServerSession;
  readonly #leases: RunLeases;

  constructor(session: ServerSession, leases: RunLeases) {
    this.#session = session;
    this.#leases = leases;
  }

  /** When it fails, runs may be ours that nobody here knows of: all are given up, so that none waits for a driver in vain. */
  async commit(runs: readonly string[]): Promise<readonly Outcome<boolean>[]> {
    try {
      return await this.#commit(runs);
    } catch (error) {
      const failure = storeErrorFrom(error, this.#session.place);
      this.#leases.giveUp(failure, []);
      throw failure;
    }
  }

  async #commit(runs: readonly string[]): Promise<readonly Outcome<boolean>[]> {
    await this.#leases.ensureOwner();
    const outcomes = await this.#session.repeat(() => this.#claim(new Set(runs)));
    const told = new Set<string>();
    return await Promise.all(
      runs.map(async (run): Promise<Outcome<boolean>> => {
        const isSecond = told.has(run) && this.#leases.isHeld(run);
        told.add(run);
        const again = isSecond ? await this.#session.repeat(() => this.#claim(new Set([run]))) : outcomes;
        return again.get(run) ?? { value: false };
      }),
    );
  }

  async #claim(runs: ReadonlySet<string>): Promise<Map<string, Outcome<boolean>>> {
    const outcomes = new Map<string, Outcome<boolean>>();
    for (let look = 1; ; look++) {
      const open = [...runs].filter((run) => !outcomes.has(run));
      if (open.length === 0) return outcomes;
      const rows = await this.#session.query<LookRow>(LOOK, [open]);
      const found = new Set(rows.map(({ run }) => run));
      for (const run of open) if (!found.has(run)) outcomes.set(run, { value: false });
      const free = look > LOOKS_MAX ? [] : rows.filter((row) => this.#isFree(row));
      for (const row of rows) outcomes.set(row.run, { error: ownedError(row) });
      for (const { run } of free) outcomes.delete(run);
      for (const run of await this.#take(free)) outcomes.set(run, { value: true });
    }
  }

  #isFree(row: LookRow): boolean {
    if (row.id === null) return true;
    const isOwnLeftover = row.id === this.#leases.owner && !this.#leases.isHeld(row.run);
    return isOwnLeftover || !this.#leases.isLiving(row as LeasedOwner & LookRow);
  }

  /** The runs that are ours now. */
  async #take(rows: readonly LookRow[]): Promise<readonly string[]> {
    if (rows.length === 0) return [];
    const taken = await this.#session.query<{ number: string; epoch: number }>(TAKE, [
      this.#leases.owner,
      rows.map(({ number }) => number),
      rows.map(({ epoch }) => epoch),
      rows.map(({ id }) => id !== null),
    ]);
    const tails = await this.#session.query<{ number: string; seq: number; sum: string }>(TAILS, [
      taken.map(({ number }) => number),
    ]);
    const tailOf = new Map(tails.map((tail) => [tail.number, tail]));
    const runOf = new Map(rows.map(({ number, run }) => [number, run]));
    await this.#forgetDead(rows);
    return taken.map(({ number, epoch }) => {
      const run = runOf.get(number) ?? "";
      const tail = tailOf.get(number);
      const end = { seq: tail?.seq ?? 0, sum: Number(tail?.sum ?? firstSum(run)) };
      this.#leases.hold({ run, number: Number(number), epoch, ...end });
      return run;
    });
  }

  /** The other runs of a dead owner are free with its row. */
  async #forgetDead(rows: readonly LookRow[]): Promise<void> {
    const dead = new Set(rows.flatMap(({ id }) => (id === null || id === this.#leases.owner ? [] : [id])));
    if (dead.size > 0) await this.#session.query(FORGET, [[...dead]]);
  }
}

function ownedError({ run, pid, host_name: host, since_ms: since, lease_until_ms: until }: LookRow): RunOwnedError {
  const owner: RunOwner = { pid, host, sinceMs: Math.round(Number(since)), leaseUntilMs: Math.round(Number(until)) };
  return new RunOwnedError(run, owner);
}
