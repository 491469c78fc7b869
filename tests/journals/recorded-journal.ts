/** A journal as a version has stored it, with what the run had come to: the form of the files in the folders beside this one. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunEvent, evolve, RunState, runView } from "@agentmesh/core";
import type { StoredRow, StoredRun } from "@agentmesh/verify";

export interface RecordedJournal {
  /** The columns of the run's row. */
  readonly run: StoredRun;
  /** The columns of its events, in order. */
  readonly rows: readonly StoredRow[];
  /** The values that the events refer to, by hash. */
  readonly blobs: Readonly<Record<string, string>>;
  readonly snapshot: RunSnapshot;
}

/** What the public view says of a run, without words that may be put better. */
export interface RunSnapshot {
  readonly status: string;
  readonly seq: number;
  readonly revision: number;
  readonly tasks: Readonly<Record<string, TaskSnapshot>>;
  /** What it waits for, by name. */
  readonly waits: readonly string[];
  readonly usage: object;
  readonly output?: string;
  readonly answer?: string;
  readonly error?: string;
}

interface TaskSnapshot {
  readonly status: string;
  readonly attempt: number;
  /** The hash of its value. */
  readonly output?: string;
  /** The code. */
  readonly error?: string;
}

export interface JournalFile {
  /** `0.1.0`. */
  readonly version: string;
  readonly name: string;
  readonly journal: RecordedJournal;
}

export function recordedJournals(): readonly JournalFile[] {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: version }) =>
    readdirSync(join(import.meta.dirname, version)).map((file) => ({
      version,
      name: file.replace(/\.json$/, ""),
      journal: JSON.parse(readFileSync(join(import.meta.dirname, version, file), "utf8")) as RecordedJournal,
    })),
  );
}

export function snapshotOf(events: Iterable<RunEvent>): RunSnapshot {
  const state = new RunState();
  for (const event of events) evolve(state, event);
  const { status, seq, revision, tasks, waits, usage, output, answer, error } = runView(state);
  return defined({
    status,
    seq,
    revision,
    waits: waits.map((wait) => `${wait.for} ${wait.name}`),
    usage,
    tasks: Object.fromEntries(
      Object.entries(tasks).map(([key, task]) => [
        key,
        defined({
          status: task.status,
          attempt: task.attempt,
          output: task.output?.hash,
          error: task.error?.code,
        }),
      ]),
    ),
    output: output?.hash,
    answer: answer?.hash,
    error: error?.code,
  }) as unknown as RunSnapshot;
}

/** Without the fields that are not there, as JSON has it. */
function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
