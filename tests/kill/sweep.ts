/**
 * The sweep: at every point a run is started and kills itself, a fresh process takes it up, and what has become of it is
 * checked. A process that takes one run up begins the next one too: a point costs one process.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type BuiltPrograms, buildPrograms } from "../built-programs.ts";
import type { KillPoint, Measure } from "./kill-points.ts";
import { LedgerClient } from "./ledger-client.ts";
import { LedgerProcess } from "./ledger-process.ts";
import { eventsOf, faultsOf, type Outcome, outcomeOf } from "./point-check.ts";
import { referenceRun } from "./reference-runs.ts";
import type { SubjectStep } from "./subject-order.ts";
import { runSubject, type SubjectEnd } from "./subject-process.ts";

/** So many runs share a store: they see each other's rows, and listing them stays cheap. */
const RUNS_PER_STORE = 40;

export interface PointResult {
  readonly point: KillPoint;
  /** How many of its kills were reached. */
  readonly deaths: number;
  readonly faults: readonly string[];
}

/** A run that is not over yet. */
interface OpenPoint {
  readonly point: KillPoint;
  readonly name: string;
  readonly store: string;
  /** How many of its kills were armed, and how many were reached. */
  armed: number;
  deaths: number;
}

interface SweepParts {
  readonly folder: string;
  readonly ledgerProcess: LedgerProcess;
  readonly ledger: LedgerClient;
  readonly programs: BuiltPrograms;
  readonly measures: readonly Measure[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

export class Sweep implements Disposable {
  /** What the reference runs have done, undisturbed. */
  readonly measures: readonly Measure[];
  readonly #parts: SweepParts;

  private constructor(parts: SweepParts) {
    this.measures = parts.measures;
    this.#parts = parts;
  }

  /** Starts the ledger, and runs every reference once undisturbed. */
  static async open(folder: string, references: readonly string[]): Promise<Sweep> {
    mkdirSync(folder, { recursive: true });
    const ledgerProcess = await LedgerProcess.start(folder);
    const ledger = await LedgerClient.open(ledgerProcess.socketPath);
    const programs = await buildPrograms({
      from: import.meta.dirname,
      names: ["subject"],
      to: join(folder, "programs"),
    });
    const outcomes = new Map<string, Outcome>();
    const measures: Measure[] = [];
    const store = join(folder, "undisturbed.db");
    for (const reference of references) {
      const step: SubjectStep = { kind: "start", store, reference, name: reference };
      const { report, failure } = await runSubject(programs, { ledger: ledgerProcess.socketPath, steps: [step] });
      const events = await eventsOf(store, reference);
      if (report === undefined || events === undefined) throw new Error(`${reference} does not run: ${failure ?? ""}`);
      outcomes.set(reference, outcomeOf(events));
      measures.push({ reference, ...report });
    }
    return new Sweep({ measures, ledgerProcess, ledger, programs, folder, outcomes });
  }

  /** Yields results as they come. A lane has one process at a time. */
  async *run(points: readonly KillPoint[], lane: number): AsyncGenerator<PointResult, void, undefined> {
    const waiting = points.map((point, index) => this.#opened(point, lane, index));
    let open: OpenPoint | undefined;
    while (open !== undefined || waiting.length > 0) {
      const recovery = open?.point.kills[open.armed];
      const next = recovery === undefined ? waiting.shift() : undefined;
      const end = await this.#live(open, next);
      if (open !== undefined && recovery !== undefined && end.isKilled) {
        open.deaths++;
        continue;
      }
      if (next !== undefined && end.isKilled) next.deaths++;
      if (open !== undefined) yield await this.#checked(open, end);
      open = next;
    }
  }

  [Symbol.dispose](): void {
    this.#parts.ledger.close();
    this.#parts.ledgerProcess[Symbol.dispose]();
  }

  #opened(point: KillPoint, lane: number, index: number): OpenPoint {
    const store = join(this.#parts.folder, `lane-${lane}-${Math.floor(index / RUNS_PER_STORE)}.db`);
    return { point, name: `${lane}-${index}`, store, armed: 0, deaths: 0 };
  }

  /** One life of a subject: it sees one run through, or dies of that run's next kill, and begins another. */
  #live(open: OpenPoint | undefined, next: OpenPoint | undefined): Promise<SubjectEnd> {
    const steps = [
      ...(open === undefined ? [] : [stepOf(open, "finish")]),
      ...(next === undefined ? [] : [stepOf(next, "start")]),
    ];
    return runSubject(this.#parts.programs, { ledger: this.#parts.ledgerProcess.socketPath, steps });
  }

  async #checked({ point, name, store, deaths }: OpenPoint, { failure }: SubjectEnd): Promise<PointResult> {
    if (failure !== undefined) return { point, deaths, faults: [failure] };
    const events = await eventsOf(store, name);
    const run = events?.[0]?.run;
    const effects = run === undefined ? [] : await this.#parts.ledger.entriesOf(run);
    const expected = this.#expectedOf(point.reference, events !== undefined);
    return { point, deaths, faults: faultsOf({ store, events, effects, expected }) };
  }

  /** How far a cancelled run comes depends on the moment. */
  #expectedOf(reference: string, isStored: boolean): Partial<Outcome> {
    const outcome = isStored ? this.#parts.outcomes.get(reference) : undefined;
    if (outcome === undefined) return {};
    return referenceRun(reference).cancelAtCall === undefined ? outcome : { status: outcome.status };
  }
}

/** With the next kill that the point has left. */
function stepOf(open: OpenPoint, kind: SubjectStep["kind"]): SubjectStep {
  const kill = open.point.kills[open.armed++];
  const { name, store, point } = open;
  return { kind, store, name, reference: point.reference, ...(kill === undefined ? {} : { kill }) };
}
