/**
 * Runs of several processes on one PostgreSQL server that crashes every 5 to 10 s; one of the processes is killed. Then: every
 * run has ended once, its journal keeps the promises, and no call was made that its journal does not hold.
 * `npm run postgres-storm -- --runs 2000 --seconds 120` prints what it found.
 */
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type StoredRow, type StoredRun, verifyRun } from "@agentmesh/verify";
import { Pool } from "pg";
import { PostgresServer } from "../../bench/services/postgres-server.ts";
import type { LedgerCall } from "./ledger-mesh.ts";

const WORKERS = 3;
const UP_MS = [5_000, 10_000] as const;
const DOWN_MS = [0, 2_000] as const;
/** How long the rest may take after the last crash. */
const END_MS_MAX = 90_000;

export interface StormReport {
  readonly runs: number;
  readonly ends: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly crashes: number;
  /** From the death of a process to the first event of its runs by another one. */
  readonly takenOverMs: number;
  /** What must not be: empty. */
  readonly violations: readonly string[];
}

interface StormOptions {
  readonly runs: number;
  readonly seconds: number;
}

class Worker {
  readonly #child: ChildProcess;
  readonly done = Promise.withResolvers<void>();
  readonly #started = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<void>();

  constructor(words: readonly string[]) {
    this.#child = fork(join(import.meta.dirname, "storm-worker.ts"), words, {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (word) => (word === "done" ? this.done : this.#started).resolve());
    this.#child.on("exit", () => this.#exit.resolve());
  }

  get started(): Promise<void> {
    return this.#started.promise;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    this.done.resolve();
    await this.#exit.promise;
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.send("over");
    await this.#exit.promise;
  }
}

export async function runStorm({ runs, seconds }: StormOptions): Promise<StormReport> {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-storm-"));
  const ledger = join(folder, "calls");
  await using server = await PostgresServer.start();
  const share = String(Math.ceil(runs / WORKERS));
  const words = [server.url, ledger, share, String(seconds)];
  const workers = Array.from({ length: WORKERS }, () => new Worker(words));
  const pool = new Pool({ connectionString: server.url, max: 1 });
  pool.on("error", () => undefined);
  try {
    await Promise.all(workers.map(({ started }) => started));
    const [victim, ...survivors] = workers;
    const crashes = crashRepeatedly(server, performance.now() + seconds * 1_000);
    await sleep((seconds * 1_000) / 2);
    await victim?.kill();
    const died = performance.now();
    await insist(() => noneIsLate(pool));
    const takenOverMs = Math.round(performance.now() - died);
    await Promise.all(survivors.map(({ done }) => done.promise));
    const count = await crashes;
    await insist(() => noneIsUnderWay(pool));
    const found = await insist(() => check(pool, ledger));
    await Promise.all(survivors.map((worker) => worker.end()));
    return { ...found, crashes: count, takenOverMs };
  } finally {
    await pool.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function crashRepeatedly(server: PostgresServer, untilMs: number): Promise<number> {
  for (let crashes = 0; ; crashes++) {
    const upMs = between(UP_MS);
    if (performance.now() + upMs > untilMs) return crashes;
    await sleep(upMs);
    await server.crash();
    await sleep(between(DOWN_MS));
    await server.restart();
  }
}

/** Every run that is under way has a living owner. */
async function noneIsLate(pool: Pool): Promise<void> {
  const late = await pool.query(
    `SELECT FROM agentmesh.run WHERE status = 'running' AND NOT EXISTS (
       SELECT FROM agentmesh.owner WHERE owner.id = run.owner AND lease_until > clock_timestamp())`,
  );
  const owners = await pool.query("SELECT FROM agentmesh.owner WHERE lease_until > clock_timestamp()");
  if ((late.rowCount ?? 1) > 0 || (owners.rowCount ?? WORKERS) >= WORKERS)
    throw new RangeError("runs are not taken over");
}

async function noneIsUnderWay(pool: Pool): Promise<void> {
  const running = await pool.query("SELECT FROM agentmesh.run WHERE status = 'running'");
  if ((running.rowCount ?? 1) > 0) throw new RangeError(`${running.rowCount} runs are still under way`);
}

type RunRow = Omit<StoredRun, "createdMs" | "number"> & { readonly number: string; readonly created_ms: string };
type EventRow = Pick<StoredRow, "seq" | "type" | "body"> & { readonly at_ms: string; readonly sum: string };

async function check(pool: Pool, ledger: string): Promise<Omit<StormReport, "crashes" | "takenOverMs">> {
  const { rows: runs } = await pool.query<RunRow>(
    "SELECT number, id, tenant, name, status, created_ms FROM agentmesh.run",
  );
  const calls = callCounts(ledger);
  const violations: string[] = [];
  for (const row of runs) {
    const events = await pool.query<EventRow>(
      "SELECT seq, type, at_ms, sum, body FROM agentmesh.event WHERE run = $1 ORDER BY seq",
      [row.number],
    );
    const stored = events.rows.map(({ at_ms: atMs, sum, ...event }) => ({
      ...event,
      atMs: Number(atMs),
      sum: Number(sum),
    }));
    const run = { ...row, number: Number(row.number), createdMs: Number(row.created_ms) };
    const found = verifyRun({ run, rows: stored, readBlob: () => undefined }).violations;
    violations.push(...found.map(({ code, seq, message }) => `${row.id} ${seq}: ${code} ${message}`));
    violations.push(...callFaults(row.id, stored, calls));
  }
  const ends = Object.fromEntries(
    [...Map.groupBy(runs, ({ status }) => status)].map(([status, all]) => [status, all.length]),
  );
  return { runs: runs.length, ends, calls: [...calls.values()].reduce((sum, count) => sum + count, 0), violations };
}

/** A call has a stored intent of its own; a payment was made once at most; what succeeded was called. */
function callFaults(run: string, events: readonly StoredRow[], calls: ReadonlyMap<string, number>): readonly string[] {
  return ["a", "b", "c", "d", "e"].flatMap((task) => {
    const ofTask = events.filter(({ body }) => (JSON.parse(body) as { readonly t?: string }).t === task);
    const intents = ofTask.filter(({ type }) => type === "start").length;
    const ends = ofTask.filter(({ type }) => type === "done").length;
    const made = calls.get(`${run} ${task}`) ?? 0;
    const isPayment = task === "b" || task === "d";
    const isRight = made <= intents && ends <= 1 && made >= ends && (!isPayment || made <= 1);
    return isRight ? [] : [`${run} ${task}: ${made} calls, ${intents} intents, ${ends} successes`];
  });
}

function callCounts(ledger: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(ledger, "utf8").trim().split("\n")) {
    const { run, task } = JSON.parse(line) as LedgerCall;
    counts.set(`${run} ${task}`, (counts.get(`${run} ${task}`) ?? 0) + 1);
  }
  return counts;
}

/** Until it works: the server may be away. */
async function insist<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const untilMs = performance.now() + END_MS_MAX; ;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await sleep(200);
    }
  }
}

function between([from, to]: readonly [number, number]): number {
  return from + Math.random() * (to - from);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { runs: { type: "string", default: "2000" }, seconds: { type: "string", default: "120" } },
  });
  const report = await runStorm({ runs: Number(values.runs), seconds: Number(values.seconds) });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = report.violations.length === 0 ? 0 : 1;
}
