/** Many seeds, one after the other: each simulated, checked, and some of them simulated again to see the same journal. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkRun } from "./checks/check-run.ts";
import type { Violation } from "./checks/run-history.ts";
import { simulate, type SimulationRecord } from "./simulation.ts";

/** So many runs share one store, as in life; then another file begins. */
const RUNS_PER_STORE = 100;
/** A folder in memory, where there is one: power cuts are another test's business. */
const MEMORY_FOLDER = "/dev/shm";

export interface SeriesOptions {
  readonly runs: number;
  readonly seed: number;
  /** Every so many seeds are simulated twice; 0: none. */
  readonly repeatEvery: number;
  /** Ends the series when it returns false. */
  readonly onFailure: (failure: SeedFailure) => boolean;
}

export interface SeedFailure {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Absent when the simulation itself broke. */
  readonly record?: SimulationRecord;
}

export interface SeriesResult {
  runs: number;
  failed: number;
  events: number;
  calls: number;
  commands: number;
  repeated: number;
  readonly ends: Record<string, number>;
  readonly faults: Record<string, number>;
  readonly processes: { started: number; died: number };
}

export async function simulateSeries(options: SeriesOptions): Promise<SeriesResult> {
  const folder = mkdtempSync(join(existsSync(MEMORY_FOLDER) ? MEMORY_FOLDER : tmpdir(), "agentmesh-simulator-"));
  try {
    return await new Series(options, folder).play();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Series {
  readonly #options: SeriesOptions;
  readonly #folder: string;
  readonly #rejections: unknown[] = [];
  readonly #result: SeriesResult = {
    runs: 0,
    failed: 0,
    events: 0,
    calls: 0,
    commands: 0,
    repeated: 0,
    ends: {},
    faults: {},
    processes: { started: 0, died: 0 },
  };

  constructor(options: SeriesOptions, folder: string) {
    this.#options = options;
    this.#folder = folder;
  }

  async play(): Promise<SeriesResult> {
    const { runs, seed: first } = this.#options;
    const onRejection = (reason: unknown): unknown => this.#rejections.push(reason);
    process.on("unhandledRejection", onRejection);
    for (let index = 0; index < runs; index++) {
      if (index > 0 && index % RUNS_PER_STORE === 0) this.#removeStore(index / RUNS_PER_STORE - 1);
      const failure = await this.#playSeed(first + index, index);
      if (failure === undefined) continue;
      this.#result.failed++;
      if (!this.#options.onFailure(failure)) break;
    }
    process.off("unhandledRejection", onRejection);
    return this.#result;
  }

  async #playSeed(seed: number, index: number): Promise<SeedFailure | undefined> {
    const store = Math.floor(index / RUNS_PER_STORE);
    try {
      const record = await simulate(seed, join(this.#folder, `${store}.db`));
      this.#count(record);
      const violations = [...checkRun(record), ...this.#lost()];
      const { repeatEvery } = this.#options;
      if (repeatEvery > 0 && index % repeatEvery === 0) violations.push(...(await this.#repeat(record, store)));
      return violations.length === 0 ? undefined : { seed, violations, record };
    } catch (error) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { seed, violations: [{ invariant: "every journal can be read", detail }] };
    }
  }

  /** The same seed in another store, beside other runs. */
  async #repeat(record: SimulationRecord, store: number): Promise<readonly Violation[]> {
    this.#result.repeated++;
    const again = await simulate(record.world.seed, join(this.#folder, `${store}.again.db`));
    const [first, second] = [journalHash(record), journalHash(again)];
    return first === second ? [] : [{ invariant: "same seed, same journal", detail: `${first} and ${second}` }];
  }

  #lost(): readonly Violation[] {
    return this.#rejections.splice(0).map((reason) => ({ invariant: "no rejection is lost", detail: String(reason) }));
  }

  #count({ world, events, commands, waits }: SimulationRecord): void {
    const result = this.#result;
    result.runs++;
    result.events += events.length;
    result.calls += world.ledger.calls.length;
    result.commands += commands.length;
    const end = waits.status === "over" ? (events.at(-1)?.type ?? "") : waits.status;
    result.ends[end] = (result.ends[end] ?? 0) + 1;
    for (const [kind, count] of Object.entries(world.struck)) result.faults[kind] = (result.faults[kind] ?? 0) + count;
    if (world.hasClockJump) result.faults["clock-jump"] = (result.faults["clock-jump"] ?? 0) + 1;
    result.processes.started += world.processes.length;
    result.processes.died += world.struck["crash"] ?? 0;
  }

  #removeStore(store: number): void {
    for (const name of [`${store}.db`, `${store}.again.db`])
      for (const suffix of ["", "-wal", "-shm"]) rmSync(join(this.#folder, `${name}${suffix}`), { force: true });
  }
}

/** Over the bytes that stand in the file. */
export function journalHash({ stored }: SimulationRecord): string {
  const hash = createHash("sha256");
  for (const { seq, type, atMs, body } of stored) hash.update(`${seq}\n${type}\n${atMs}\n${body}\n`);
  return hash.digest("base64url");
}
