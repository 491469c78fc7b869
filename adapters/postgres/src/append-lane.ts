/**
 * Stores a batch of appends with one statement, which is one commit: new runs, events, values, answers and who owns the run.
 * When the connection breaks during the commit, the next one is asked what became of it before anybody is told.
 */
import { MeshError } from "@agentmesh/core";
import { AppendBatch, type AppendRequest, refusalOf, type RunChange } from "./append-batch.ts";
import { labelText } from "./column-text.ts";
import type { Lane, Outcome } from "./group-commit.ts";
import { isUniqueViolation, storeErrorFrom } from "./postgres-error.ts";
import type { RunInbox } from "./run-inbox.ts";
import type { RunLeases } from "./run-leases.ts";
import type { ServerSession } from "./server-session.ts";

/**
 * `kept` is the fence: it locks the rows of our runs as long as the statement lasts, and leaves out those that another has
 * taken. Rows that several openings write are ordered, so that none waits for another in a circle.
 */
const APPEND = {
  name: "append",
  text: `
  WITH given AS (
    SELECT * FROM unnest($2::int[], $3::text[], $4::bigint[], $5::int[], $6::text[], $7::text[], $8::bigint[], $9::text[],
      $10::boolean[]) AS g(ord, id, number, epoch, tenant, name, created_ms, status, is_released)
  ), made AS (
    INSERT INTO run(id, tenant, name, status, created_ms, owner, owned_at)
    SELECT id, tenant, name, coalesce(status, 'running'), created_ms, CASE WHEN NOT is_released THEN $1 END,
      clock_timestamp()
    FROM given WHERE number IS NULL ORDER BY id
    ON CONFLICT (id) DO NOTHING RETURNING number, id, tenant
  ), kept AS (
    SELECT run.number, run.id, run.tenant, given.status, given.is_released
    FROM run JOIN given ON given.number = run.number
    WHERE run.owner = $1 AND run.epoch = given.epoch
    ORDER BY run.number FOR NO KEY UPDATE OF run
  ), ours AS (
    SELECT given.ord, mine.number, mine.tenant
    FROM (SELECT number, id, tenant FROM made UNION ALL SELECT number, id, tenant FROM kept) AS mine
    JOIN given USING (id)
  ), stored AS (
    INSERT INTO event(run, seq, tenant, type, at_ms, sum, body)
    SELECT ours.number, e.seq, ours.tenant, e.type, e.at_ms, e.sum, e.body
    FROM unnest($11::int[], $12::int[], $13::text[], $14::bigint[], $15::bigint[], $16::text[])
      AS e(ord, seq, type, at_ms, sum, body)
    JOIN ours USING (ord) ORDER BY ours.number, e.seq
  ), kept_values AS (
    INSERT INTO blob(hash, tenant, body)
    SELECT DISTINCT ON (b.hash, ours.tenant) b.hash, ours.tenant, b.body
    FROM unnest($17::int[], $18::text[], $19::text[]) AS b(ord, hash, body)
    JOIN ours USING (ord) ORDER BY b.hash, ours.tenant
    ON CONFLICT DO NOTHING
  ), answered AS (
    UPDATE inbox SET answer = a.answer
    FROM unnest($20::int[], $21::bigint[], $22::text[]) AS a(ord, item, answer) JOIN ours USING (ord)
    WHERE inbox.item = a.item AND inbox.run = ours.number AND inbox.answer IS NULL
  ), changed AS (
    UPDATE run SET status = coalesce(kept.status, run.status), owner = CASE WHEN NOT kept.is_released THEN run.owner END
    FROM kept
    WHERE run.number = kept.number AND (kept.status IS NOT NULL OR kept.is_released)
  )
  SELECT ord, number FROM ours`,
};

/** Which changes are in the store: by the last event of each, whose sum covers all events of the run. */
const STORED = {
  name: "stored",
  text: `
  SELECT given.ord, run.number
  FROM unnest($1::int[], $2::text[], $3::int[], $4::bigint[]) AS given(ord, id, seq, sum)
  JOIN run ON run.id = given.id
  JOIN event ON event.run = run.number AND event.seq = given.seq AND event.sum = given.sum`,
};

/** A statement that was cut off and is found stored only when it is repeated: its old connection was still at work. */
const REPETITIONS_MAX = 3;

interface ChangedRun extends Record<string, unknown> {
  readonly ord: number;
  readonly number: string;
}

/** The number of each change's run, for those that are stored. */
type Numbers = Map<RunChange, number>;

export class AppendLane implements Lane<AppendRequest, void> {
  readonly #session: ServerSession;
  readonly #leases: RunLeases;
  readonly #inbox: RunInbox;
  /** How many statements were committed. */
  commits = 0;

  constructor(session: ServerSession, leases: RunLeases, inbox: RunInbox) {
    this.#session = session;
    this.#leases = leases;
    this.#inbox = inbox;
  }

  async commit(requests: readonly AppendRequest[]): Promise<readonly Outcome<void>[]> {
    try {
      await this.#inbox.learn(requests.flatMap(({ answers }) => answers.map(({ item }) => item)));
      if (requests.some(({ events }) => events[0]?.type === "run.created")) await this.#leases.ensureOwner();
      const batch = new AppendBatch(this.#leases, (item) => this.#inbox.runOf(item));
      const additions = requests.map((request) => ({ request, added: attempt(() => batch.add(request)) }));
      const stored = await this.#store(batch.changes);
      for (const change of batch.changes) this.#settle(change, stored.get(change));
      return additions.map(({ request, added }) => outcomeOf(request, added, stored));
    } catch (error) {
      const failure = storeErrorFrom(error, this.#session.place);
      this.#leases.giveUp(
        failure,
        requests.flatMap(({ events }) => events.slice(0, 1).map(({ run }) => run)),
      );
      throw failure;
    }
  }

  #settle(change: RunChange, number: number | undefined): void {
    const { run, held, seq, sum, isReleased } = change;
    if (number === undefined) {
      if (held !== undefined) this.#leases.forget(run);
      return;
    }
    if (isReleased) this.#leases.forget(run);
    else this.#leases.hold({ run, number, epoch: held?.epoch ?? 1, seq, sum });
  }

  /** Throws StoreError, or what the server says: nobody knows then whether anything is stored. */
  async #store(changes: readonly RunChange[]): Promise<Numbers> {
    const numbers: Numbers = new Map();
    let repetitions = 0;
    await this.#session.repeat(async (isRepetition) => {
      if (isRepetition) await this.#findStored(changes, numbers);
      for (;;) {
        const open = changes.filter((change) => !numbers.has(change));
        if (open.length === 0) return;
        try {
          for (const [change, number] of await this.#send(open)) numbers.set(change, number);
          if (isRepetition && open.some((change) => !numbers.has(change))) await this.#findStored(changes, numbers);
          return;
        } catch (error) {
          if (!isRepetition || !isUniqueViolation(error) || ++repetitions > REPETITIONS_MAX) throw error;
          await this.#findStored(changes, numbers);
        }
      }
    });
    return numbers;
  }

  async #send(changes: readonly RunChange[]): Promise<Numbers> {
    const rows = await this.#session.query<ChangedRun>(APPEND, appendValues(this.#leases.owner, changes));
    this.commits++;
    return numbersFrom(rows, changes);
  }

  /** Adds those that are stored. */
  async #findStored(changes: readonly RunChange[], numbers: Numbers): Promise<void> {
    const open = changes.filter((change) => !numbers.has(change) && change.events.length > 0);
    const values = [
      open.map((_, index) => index),
      open.map(({ run }) => run),
      open.map(({ seq }) => seq),
      open.map(({ sum }) => sum),
    ];
    const rows = await this.#session.query<ChangedRun>(STORED, values);
    for (const [change, number] of numbersFrom(rows, open)) numbers.set(change, number);
  }
}

function numbersFrom(rows: readonly ChangedRun[], changes: readonly RunChange[]): Numbers {
  const numbers: Numbers = new Map();
  for (const { ord, number } of rows) {
    const change = changes[ord];
    if (change !== undefined) numbers.set(change, Number(number));
  }
  return numbers;
}

function appendValues(owner: string, changes: readonly RunChange[]): readonly unknown[] {
  const events = changes.flatMap((change, ord) => change.events.map((event) => ({ ord, ...event })));
  const blobs = changes.flatMap((change, ord) => [...change.blobs].map(([hash, body]) => ({ ord, hash, body })));
  const answers = changes.flatMap((change, ord) => change.answers.map(({ item, error }) => ({ ord, item, error })));
  return [
    owner,
    changes.map((_, ord) => ord),
    changes.map(({ run }) => run),
    changes.map(({ held }) => held?.number ?? null),
    changes.map(({ held }) => held?.epoch ?? null),
    changes.map(({ created }) => created?.tenant ?? null),
    changes.map(({ created }) => (created === undefined ? null : labelText(created.name))),
    changes.map(({ created }) => created?.atMs ?? null),
    changes.map(({ status }) => status ?? null),
    changes.map(({ isReleased }) => isReleased),
    events.map(({ ord }) => ord),
    events.map(({ seq }) => seq),
    events.map(({ type }) => type),
    events.map(({ atMs }) => atMs),
    events.map(({ sum }) => sum),
    events.map(({ body }) => body),
    blobs.map(({ ord }) => ord),
    blobs.map(({ hash }) => hash),
    blobs.map(({ body }) => body),
    answers.map(({ ord }) => ord),
    answers.map(({ item }) => item),
    answers.map(({ error }) => JSON.stringify(error ?? null)),
  ];
}

type Added = { readonly change: RunChange | undefined } | { readonly error: MeshError };

function attempt(add: () => RunChange | undefined): Added {
  try {
    return { change: add() };
  } catch (error) {
    if (error instanceof MeshError) return { error };
    throw error;
  }
}

function outcomeOf(request: AppendRequest, added: Added, stored: Numbers): Outcome<void> {
  if ("error" in added) return added;
  const { change } = added;
  if (change === undefined || stored.has(change) || request.release !== undefined) return { value: undefined };
  return { error: refusalOf(change, request) };
}
