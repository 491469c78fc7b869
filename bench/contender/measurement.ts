/** One cell of the benchmark: what is asked of a process, and what it answers. */
import type { GraphShape } from "../workload/task-graph.ts";
import type { Keeping } from "./contender.ts";

/** How a step ends: in the same turn of the event loop, by a timer of 1 ms, or by a call of the file system. */
export const STEP_ENDINGS = ["at-once", "timer", "io"] as const;
export type StepEnding = (typeof STEP_ENDINGS)[number];

export interface CellRequest {
  readonly contender: string;
  readonly keeping: Keeping;
  readonly shape: GraphShape;
  readonly tasks: number;
  /** Runs of the graph that go on at once. */
  readonly runs: number;
  readonly ending: StepEnding;
  /** Of each step's output; 0 is a small number. */
  readonly outputBytes: number;
  /** Of PostgreSQL, with the right to make databases. */
  readonly postgresUrl: string;
}

/** Times are of all runs that go on at once, medians over rounds; costs are by step. */
export interface CellResult {
  readonly name: string;
  readonly buildMs: number;
  /** The first round of the process, in CPU microseconds a step. */
  readonly coldMicros: number;
  readonly cpuMicros: number;
  readonly wallMs: number;
  readonly stepsPerSecond: number;
  readonly rounds: number;
  readonly rssMiB: number;
  /** CPU time of a server process that works for the contender. */
  readonly serverMicros?: number;
  readonly diskBytes?: number;
  /** SQLite: bytes that this process caused to be written. PostgreSQL: of write-ahead log. A server: its own. */
  readonly writtenBytes?: number;
}

/** Why there is no result: the contender has no such form, it failed, or it did not finish in time. */
export interface CellFailure {
  readonly failure: "unsupported" | "failed" | "too slow";
  readonly detail: string;
}
