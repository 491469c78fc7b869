/** What every contender of the benchmark is: it runs a graph of no-op steps, as its own documentation would write it. */
import type { GraphShape, TaskGraph } from "../workload/task-graph.ts";

/** Where a contender keeps what has happened. `memory`: nowhere. */
export type Keeping = "memory" | "sqlite" | "postgres" | "server";

export interface Job {
  readonly graph: TaskGraph;
  readonly keeping: Keeping;
  /** The work itself; what it resolves with is the output of the step. */
  readonly step: (task: number) => Promise<StepOutput>;
  /** For files of the contender; what ends in `.db` is measured. */
  readonly folder: string;
  /** An empty database, when `keeping` is `postgres`. */
  readonly postgresUrl: string;
}

/** The task's number, or a text of the size that is asked for. */
export type StepOutput = number | string;

/** A graph that is ready to run as often as one likes. */
export interface PreparedJob {
  /** One run from its start to its end; `run` is a number that no other run of this process has. Rejects when it fails. */
  readonly run: (run: number) => Promise<void>;
  readonly close: () => Promise<void>;
  /** The process of a server that works for it. */
  readonly serverPid?: number;
}

export interface Contender {
  /** As the tables show it. */
  readonly name: string;
  /** Of npm; their versions stand in the report. */
  readonly packages: readonly string[];
  /** Whether the contender can express such a graph. */
  readonly supports: (shape: GraphShape) => boolean;
  readonly prepare: (job: Job) => Promise<PreparedJob>;
}
