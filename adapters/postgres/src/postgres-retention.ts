/**
 * Removes what need not be kept, over a connection of its own. Runs go in small transactions. Values go in one that lets no
 * append begin meanwhile: one that did not see a value go would not store it again.
 */
import type { PruneQuery, PruneReport, Retention } from "@agentmesh/ports";
import { type FinishedRun, prunableRuns } from "@agentmesh/store";
import type { Client, QueryResult } from "pg";
import { storeErrorFrom } from "./postgres-error.ts";
import { clientFor } from "./server-address.ts";

const RUNS_AT_ONCE = 100;
/** Of one statement: all events of a large store are looked at. */
const STATEMENT_MS_MAX = 600_000;

/** Not those whose result the run that has started them may still have to read. */
const FINISHED = `
  SELECT number, tenant, (SELECT at_ms FROM event WHERE run = number ORDER BY seq DESC LIMIT 1) AS ended_ms
  FROM run WHERE status IN ('succeeded', 'failed', 'cancelled') AND id NOT IN (
    SELECT coalesce(event.body::json->>'child', '') FROM run AS parent JOIN event ON event.run = parent.number
    WHERE parent.status NOT IN ('succeeded', 'failed', 'cancelled') AND event.type = 'child.started')`;
const EVENTS = "SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes FROM event WHERE run = ANY($1)";
const REMOVE_RUNS = `
  WITH gone AS (DELETE FROM event WHERE run = ANY($1) RETURNING length(body) AS bytes),
    answered AS (DELETE FROM inbox WHERE run = ANY($1)), runs AS (DELETE FROM run WHERE number = ANY($1))
  SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM gone`;

/** A reference to a value is a list that begins with its hash; within a JSON string the quotes would be escaped. */
const USED = `
  WITH used AS MATERIALIZED (
    SELECT DISTINCT tenant, found[1] AS hash FROM event, regexp_matches(body, '\\["([^"\\\\]+)",[0-9]', 'g') AS found
    WHERE run <> ALL($1))`;
const UNUSED = "NOT EXISTS (SELECT FROM used WHERE used.hash = blob.hash AND used.tenant = blob.tenant)";
const VALUES = `${USED} SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes FROM blob WHERE ${UNUSED}`;
const REMOVE_VALUES = `${USED}, gone AS (DELETE FROM blob WHERE ${UNUSED} RETURNING length(body) AS bytes)
  SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes FROM gone`;

const EXPIRED = "FROM cache WHERE ($1::text IS NULL OR tenant = $1) AND expires_ms <= $2";
const CACHE_ROWS = `SELECT count(*) AS count ${EXPIRED}`;
const REMOVE_CACHE_ROWS = `WITH gone AS (DELETE ${EXPIRED} RETURNING 1) SELECT count(*) AS count FROM gone`;

interface AmountRow {
  readonly count: string;
  readonly bytes?: string;
}

interface Amount {
  readonly count: number;
  readonly bytes: number;
}

export class PostgresRetention implements Retention {
  readonly #address: { readonly url: string; readonly schema: string; readonly place: string };

  constructor(address: { readonly url: string; readonly schema: string; readonly place: string }) {
    this.#address = address;
  }

  async prune(query: PruneQuery): Promise<PruneReport> {
    const { url, schema, place } = this.#address;
    const client = clientFor(url);
    client.on("error", () => undefined); // the statement under way is rejected
    try {
      await client.connect();
      await client.query(`SET search_path TO ${schema}; SET statement_timeout TO ${STATEMENT_MS_MAX}`);
      return await pruned(client, query);
    } catch (error) {
      throw storeErrorFrom(error, place);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function pruned(client: Client, query: PruneQuery): Promise<PruneReport> {
  const { tenant = null, nowMs, isDryRun = false, isCompacting = false } = query;
  const runs = prunableRuns(await finishedRuns(client), query).map(({ number }) => number);
  const events = { count: 0, bytes: 0 };
  for (let at = 0; at < runs.length; at += RUNS_AT_ONCE) {
    const some = await client.query<AmountRow>(isDryRun ? EVENTS : REMOVE_RUNS, [runs.slice(at, at + RUNS_AT_ONCE)]);
    events.count += amountFrom(some).count;
    events.bytes += amountFrom(some).bytes;
  }
  const values = isDryRun ? amountFrom(await client.query<AmountRow>(VALUES, [runs])) : await removeValues(client);
  const cacheRows = await client.query<AmountRow>(isDryRun ? CACHE_ROWS : REMOVE_CACHE_ROWS, [tenant, nowMs]);
  if (isCompacting && !isDryRun) await client.query("VACUUM FULL event, blob, run, inbox, cache");
  return {
    runs: runs.length,
    events: events.count,
    values: values.count,
    bytes: events.bytes + values.bytes,
    cacheRows: amountFrom(cacheRows).count,
  };
}

async function finishedRuns(client: Client): Promise<readonly FinishedRun[]> {
  const { rows } = await client.query<{ number: string; tenant: string; ended_ms: string | null }>(FINISHED);
  return rows.map((row) => ({ number: Number(row.number), tenant: row.tenant, endedMs: Number(row.ended_ms ?? 0) }));
}

/** The lock waits for appends that are under way, and is there before the statement looks. */
async function removeValues(client: Client): Promise<Amount> {
  await client.query("BEGIN; LOCK TABLE blob IN SHARE ROW EXCLUSIVE MODE");
  try {
    const amount = amountFrom(await client.query<AmountRow>(REMOVE_VALUES, [[]]));
    await client.query("COMMIT");
    return amount;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

function amountFrom({ rows }: QueryResult<AmountRow>): Amount {
  const [row] = rows;
  return { count: Number(row?.count ?? 0), bytes: Number(row?.bytes ?? 0) };
}
