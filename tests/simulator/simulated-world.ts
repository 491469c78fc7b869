/** One world: its time, its processes, the file that outlives them, and the truth about what was stored, shown and done. */
import type { DatabaseSync } from "node:sqlite";
import { encodeEvent, type RunEvent } from "@agentmesh/core";
import { textDigest } from "@agentmesh/store";
import type { SqliteStore } from "@agentmesh/runtime";
import { SqliteStore as Store } from "@agentmesh/runtime";
import { Chance } from "./chance.ts";
import { EffectLedger } from "./effect-ledger.ts";
import { type Fault, FaultPlan, type FaultPoint } from "./fault-plan.ts";
import { type DatabaseObserver, observeDatabase, sqliteError, type WrittenTransaction } from "./observed-database.ts";
import { ProcessDeath, type ProcessWorld, SimulatedProcess, VIRTUAL_PID_MIN } from "./simulated-process.ts";
import { Timeline } from "./timeline.ts";
import { nextRealTurn } from "./virtual-globals.ts";
import type { WrittenRow } from "./written-row.ts";

/** 2026-01-01, so that times look like times. */
const START_MS = Date.UTC(2026, 0, 1);

/** A lease, and a little: after that a run is free whose owner is not heard of. */
const SILENCE_MS_MAX = 16_000;

export interface CommittedRow extends WrittenRow {
  /** Its place in the order of everything that happened. */
  readonly order: number;
  readonly process: string;
  /** Whether the process that stored it was the last one to claim the run. */
  readonly isByOwner: boolean;
}

export interface Publication {
  readonly seq: number;
  readonly order: number;
  readonly listener: string;
  /** As it would be stored. */
  readonly body: string;
}

export class SimulatedWorld implements ProcessWorld, DatabaseObserver {
  readonly seed: number;
  readonly run: string;
  readonly path: string;
  readonly timeline = new Timeline(START_MS);
  readonly ledger = new EffectLedger();
  readonly rows: CommittedRow[] = [];
  readonly publications: Publication[] = [];
  /** What went wrong in code that nobody waits for. */
  readonly failures: unknown[] = [];
  readonly processes: SimulatedProcess[] = [];
  /** What drivers said a run had come to, as canonical JSON, and why they gave up. */
  readonly settledViews: string[] = [];
  readonly driverFailures: unknown[] = [];
  /** Commands whose answer is stored. */
  readonly answeredItems = new Set<number>();
  pendingImmediates = 0;
  /** So many faults have struck, by kind. */
  readonly struck: Record<string, number> = {};
  hasClockJump = false;
  clockOffsetMs = 0;
  readonly #faults: FaultPlan;
  /** While the lock is held by somebody else: so many tries fail. */
  #busyTries = 0;
  #owner: SimulatedProcess | undefined;
  #order = 0;
  readonly #inTrouble = new WeakSet<SimulatedProcess>();

  constructor(seed: number, path: string) {
    this.seed = seed;
    this.run = `run-${seed}`;
    this.path = path;
    this.#faults = new FaultPlan(this.chance("faults"));
  }

  chance(name: string): Chance {
    return new Chance(this.seed, name);
  }

  nextOrder(): number {
    return ++this.#order;
  }

  /** Faults strike workers only: consoles are as short-lived as a command. */
  startProcess(name: string, { isFragile, host }: { isFragile: boolean; host: string }): SimulatedProcess {
    const pid = VIRTUAL_PID_MIN + this.processes.length;
    const process = new SimulatedProcess(this, { pid, name: `${name}${this.processes.length}`, host });
    this.processes.push(process);
    if (isFragile) this.#inTrouble.add(process);
    return process;
  }

  openStore(process: SimulatedProcess): SqliteStore {
    const { pid, host } = process;
    return process.run(
      () =>
        new Store(this.path, {
          identity: { host, hostName: host, pid, started: "1" },
          nowMs: () => process.nowMs(),
          onConnect: (connection) => {
            const database = connection as DatabaseSync;
            if (process.isAlive) return observeDatabase(database, process, this);
            database.close();
            throw new ProcessDeath(process.name);
          },
        }),
    );
  }

  isAlive(pid: number): boolean {
    return this.processes[pid - VIRTUAL_PID_MIN]?.isAlive === true;
  }

  fail(error: unknown): void {
    this.failures.push(error);
  }

  visit(point: FaultPoint, process: SimulatedProcess): void {
    if (!this.#inTrouble.has(process) || !process.isRunning) return;
    const fault = this.#faults.strike(point);
    if (fault !== undefined) this.#strike(fault, process);
  }

  /** The same for a point that only a running process reaches: ends the code of a process that died in it. */
  pass(point: FaultPoint, process: SimulatedProcess): void {
    this.visit(point, process);
    if (!process.isAlive) throw new ProcessDeath(process.name);
  }

  beforeBegin(): Error | undefined {
    if (this.#busyTries === 0) return undefined;
    this.#busyTries--;
    return sqliteError(5, "database is locked");
  }

  beforeCommit(process: SimulatedProcess): Error | undefined {
    if (!this.#inTrouble.has(process) || !process.isRunning) return undefined;
    const fault = this.#faults.strike("before-commit");
    if (fault === undefined) return undefined;
    this.#strike(fault, process);
    return fault.kind === "crash" ? undefined : sqliteError(fault.code, "the simulated disk");
  }

  committed(process: SimulatedProcess, { rows, isClaim, answers }: WrittenTransaction): void {
    if (isClaim || rows.some(({ seq }) => seq === 1)) this.#owner = process;
    const isByOwner = this.#owner === process;
    for (const row of rows) this.rows.push({ ...row, order: this.nextOrder(), process: process.name, isByOwner });
    for (const item of answers) this.answeredItems.add(item);
    this.visit("after-commit", process);
  }

  published(process: SimulatedProcess, listener: string, event: RunEvent): void {
    this.publications.push({
      seq: event.seq,
      order: this.nextOrder(),
      listener,
      body: encodeEvent(event, textDigest).body,
    });
    this.visit("publish", process);
  }

  /** Somebody was told that the run has an owner. */
  refused(): void {
    const silentMs = this.timeline.nowMs - (this.#owner?.silentSinceMs ?? this.timeline.nowMs);
    if (silentMs > SILENCE_MS_MAX && !this.hasClockJump)
      this.failures.push(`I11: the run stays with an owner that was not heard of for ${silentMs} ms`);
  }

  /** Waits until nobody has anything to do at this instant. */
  async settle(): Promise<void> {
    do await nextRealTurn();
    while (this.pendingImmediates > 0);
  }

  end(): void {
    for (const process of this.processes) if (process.isAlive) process.die();
  }

  #strike(fault: Fault, process: SimulatedProcess): void {
    this.struck[fault.kind] = (this.struck[fault.kind] ?? 0) + 1;
    switch (fault.kind) {
      case "crash":
        return process.die();
      case "stop":
        process.stop();
        this.timeline.at(this.timeline.nowMs + fault.extent, () => process.resume());
        return;
      case "fail-begin":
        this.#busyTries = fault.extent;
        break;
      case "fail-commit": // told where it is committed
    }
  }
}
