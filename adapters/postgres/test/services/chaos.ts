/**
 * Many runs at once while the server is killed again and again: what was acknowledged is in the store once and as it was
 * given, and every run ends. `node adapters/postgres/test/services/chaos.ts [RUNS] [SECONDS]` does it with more of both.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { RunEvent } from "@agentmesh/core";
import { createdEvent } from "@agentmesh/ports/testing";
import { PostgresStore } from "../../src/index.ts";
import { PostgresServer } from "./postgres-server.ts";

const UP_MS = [5_000, 10_000] as const;
const DOWN_MS = [0, 2_000] as const;
const STEP_MS = [20, 200] as const;
/** So often a run is given to the other opening. */
const HAND_OVER_CHANCE = 0.02;
const COMMAND_CHANCE = 0.02;

export interface ChaosOptions {
  readonly runs: number;
  readonly seconds: number;
  /** Less than an outage lasts makes appends fail, so that their runs are claimed and read again. */
  readonly patienceMs?: number;
}

export interface ChaosReport {
  readonly kills: number;
  readonly events: number;
  readonly commands: number;
  readonly commits: number;
  /** How often an append failed and its run was taken up again. */
  readonly failures: number;
  readonly slowestAppendMs: number;
  /** What must not be: empty. */
  readonly violations: readonly string[];
}

class ChaosRun {
  readonly #run: string;
  readonly #stores: readonly PostgresStore[];
  #store: PostgresStore;
  readonly #acknowledged: RunEvent[] = [];
  /** Commands that were acknowledged. */
  readonly sent: number[] = [];
  failures = 0;
  slowestMs = 0;
  readonly violations: string[] = [];

  constructor(run: string, stores: readonly PostgresStore[], index: number) {
    this.#run = run;
    this.#stores = stores;
    this.#store = stores[index % stores.length]!;
  }

  get events(): number {
    return this.#acknowledged.length;
  }

  async drive(untilMs: number): Promise<void> {
    await sleep(Math.random() * STEP_MS[1]);
    await this.#append([createdEvent(this.#run), this.#step(2)]);
    while (performance.now() < untilMs) {
      await sleep(between(STEP_MS));
      if (Math.random() < HAND_OVER_CHANCE) await this.#handOver();
      if (Math.random() < COMMAND_CHANCE) await this.#command();
      await this.#append([this.#step(this.events + 1)]);
    }
    await this.#append([{ v: 1, type: "run.cancelled", seq: this.events + 1, atMs: 1, run: this.#run }]);
  }

  async check(): Promise<void> {
    const stored = await this.#stores[0]!.read(this.#run, 0);
    if (!isDeepStrictEqual(stored, this.#acknowledged))
      this.violations.push(`${this.#run}: ${stored.length} stored, ${this.events} acknowledged`);
    const items = await this.#stores[0]!.inbox(this.#run);
    const found = new Set(items.map(({ item }) => item));
    if (this.sent.some((item) => !found.has(item)) || items.length !== this.sent.length)
      this.violations.push(`${this.#run}: ${items.length} commands stored, ${this.sent.length} acknowledged`);
  }

  /** Every event is another: one that is stored in the place of another is seen. */
  #step(seq: number): RunEvent {
    const text = JSON.stringify(`${this.#run} ${seq} ${Math.random()}`);
    const args = { hash: text, bytes: text.length, value: text };
    return { v: 1, type: "task.started", seq, atMs: seq, run: this.#run, task: "a", attempt: 1, args, queueMs: 0 };
  }

  async #append(events: readonly RunEvent[]): Promise<void> {
    const startedMs = performance.now();
    try {
      await this.#store.append(events, []);
      this.#acknowledged.push(...events);
    } catch (error) {
      if (codeOf(error) !== "AM_STORE_UNAVAILABLE") this.violations.push(`${this.#run}: ${String(error)}`);
      this.failures++;
      await this.#takeUp(events);
    } finally {
      this.slowestMs = Math.max(this.slowestMs, performance.now() - startedMs);
    }
  }

  /** Nobody knows whether the events are stored: all of them or none, as reading says. */
  async #takeUp(events: readonly RunEvent[]): Promise<void> {
    const isThere = await insist(() => this.#store.claim(this.#run));
    const stored = isThere ? await insist(() => this.#store.read(this.#run, 0)) : [];
    const added = stored.slice(this.events);
    const isWhole = isDeepStrictEqual(stored.slice(0, this.events), this.#acknowledged);
    if (!isWhole || (added.length > 0 && !isDeepStrictEqual(added, events)))
      this.violations.push(`${this.#run}: after a failure ${stored.length} stored, ${this.events} acknowledged`);
    this.#acknowledged.push(...added);
    if (added.length === 0) await this.#append(events);
  }

  async #handOver(): Promise<void> {
    await insist(() => this.#store.release(this.#run));
    this.#store = this.#stores.find((store) => store !== this.#store)!;
    await insist(() => this.#store.claim(this.#run));
  }

  /** By the other opening. One that failed may be there or not, which nobody could tell: none is sent while it may fail. */
  async #command(): Promise<void> {
    const other = this.#stores.find((store) => store !== this.#store)!;
    const before = new Set(this.sent);
    try {
      this.sent.push(await other.send(this.#run, { type: "cancel", reason: "enough" }));
    } catch {
      const items = await insist(() => other.inbox(this.#run));
      this.sent.push(...items.map(({ item }) => item).filter((item) => !before.has(item)));
    }
  }
}

export async function runChaos({ runs, seconds, patienceMs }: ChaosOptions): Promise<ChaosReport> {
  await using server = await PostgresServer.start();
  const where = { url: server.url, ...(patienceMs === undefined ? {} : { patienceMs }) };
  const stores = [await PostgresStore.open(where), await PostgresStore.open(where)];
  const untilMs = performance.now() + seconds * 1_000;
  const all = Array.from({ length: runs }, (_, index) => new ChaosRun(`run-${index}`, stores, index));
  const killing = killRepeatedly(server, untilMs);
  await Promise.all(all.map((run) => run.drive(untilMs)));
  const kills = await killing;
  for (const run of all) await insist(() => run.check());
  const doubles = await server.query<{ n: string }>(
    "SELECT count(*) AS n FROM agentmesh.event WHERE seq < 1 UNION ALL SELECT count(*) FROM agentmesh.run WHERE owner IS NOT NULL",
  );
  const counts = {
    kills,
    events: all.reduce((sum, run) => sum + run.events, 0),
    commands: all.reduce((sum, run) => sum + run.sent.length, 0),
    commits: stores.reduce((sum, store) => sum + store.commits, 0),
    failures: all.reduce((sum, run) => sum + run.failures, 0),
    slowestAppendMs: Math.round(Math.max(...all.map((run) => run.slowestMs))),
  };
  await Promise.all(stores.map((store) => store.close()));
  const owned = doubles.some(({ n }) => n !== "0") ? ["a run that is over has an owner"] : [];
  return { ...counts, violations: [...all.flatMap(({ violations }) => violations), ...owned] };
}

/** Resolves, with the number of kills, when the server runs and will not be killed any more. */
async function killRepeatedly(server: PostgresServer, untilMs: number): Promise<number> {
  for (let kills = 0; ; kills++) {
    const upMs = between(UP_MS);
    if (performance.now() + upMs > untilMs) return kills;
    await sleep(upMs);
    await server.stop(kills % 2 === 0 ? "SIGKILL" : "SIGQUIT");
    await sleep(between(DOWN_MS));
    await server.start();
  }
}

const PASSING = new Set<unknown>(["AM_STORE_UNAVAILABLE", "AM_RUN_OWNED"]);

/** Until the server is back, and an owner that has given a run up has said so. */
async function insist<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!PASSING.has(codeOf(error))) throw error;
      await sleep(50);
    }
  }
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}

function between([from, to]: readonly [number, number]): number {
  return from + Math.random() * (to - from);
}

if (import.meta.main) {
  const [runs = "2000", seconds = "120", patienceMs] = process.argv.slice(2);
  const report = await runChaos({
    runs: Number(runs),
    seconds: Number(seconds),
    ...(patienceMs === undefined ? {} : { patienceMs: Number(patienceMs) }),
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.violations.length > 0) process.exitCode = 1;
}
