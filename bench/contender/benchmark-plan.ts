/** Which cells there are: in memory by shape and size, durable by job. */
import type { GraphShape } from "../workload/task-graph.ts";
import type { ListedContender } from "./contender-list.ts";
import type { CellRequest, StepEnding } from "./measurement.ts";

/** A table of the report is the cells of one job. */
export interface BenchmarkJob {
  readonly title: string;
  readonly kind: "memory" | "durable";
  readonly shape: GraphShape;
  /** Sizes of the graph, one after another in a table. */
  readonly sizes: readonly number[];
  readonly runs: number;
  readonly ending: StepEnding;
  readonly outputBytes: number;
}

const MEMORY = { kind: "memory", runs: 1, ending: "at-once", outputBytes: 0 } as const;
const DURABLE = { kind: "durable", runs: 1, ending: "at-once", outputBytes: 0 } as const;
const SIZES = [100, 1_000, 10_000, 100_000];
const AT_ONCE = 100;

export const JOBS: readonly BenchmarkJob[] = [
  { ...MEMORY, title: "Chain, in memory", shape: "chain", sizes: SIZES },
  { ...MEMORY, title: "Fan-out and fan-in, in memory", shape: "fan", sizes: SIZES },
  { ...MEMORY, title: "Layered DAG, in memory", shape: "dag", sizes: SIZES },
  { ...MEMORY, title: "100 chains at once, in memory", shape: "chain", sizes: [20, 200], runs: AT_ONCE },
  { ...DURABLE, title: "Chain, durable", shape: "chain", sizes: [1_000] },
  { ...DURABLE, title: "Chain, durable, outputs of 1 KB", shape: "chain", sizes: [1_000], outputBytes: 1_024 },
  { ...DURABLE, title: "Fan-out and fan-in, durable", shape: "fan", sizes: [1_000] },
  { ...DURABLE, title: "Fan-out, durable, steps end by a timer", shape: "fan", sizes: [1_000], ending: "timer" },
  { ...DURABLE, title: "Fan-out, durable, steps end by I/O", shape: "fan", sizes: [1_000], ending: "io" },
  { ...DURABLE, title: "100 chains at once, durable", shape: "chain", sizes: [20, 200], runs: AT_ONCE },
];

/** Only we and the limit go further than this: others would need hours. */
const PEER_TASKS_MAX = 10_000;
const GOES_FURTHER = new Set(["limit", "agentmesh"]);

export interface CellChoice {
  readonly contenders: readonly ListedContender[];
  readonly isQuick: boolean;
  readonly postgresUrl: string;
}

export function requestsOf(job: BenchmarkJob, { contenders, isQuick, postgresUrl }: CellChoice): CellRequest[] {
  const { shape, runs, ending, outputBytes } = job;
  const sizes = isQuick ? job.sizes.filter((tasks) => tasks <= 1_000) : job.sizes;
  return sizes.flatMap((tasks) =>
    contenders
      .filter(({ id }) => tasks <= PEER_TASKS_MAX || GOES_FURTHER.has(id))
      .flatMap(({ id, keeps }) =>
        keeps
          .filter((keeping) => (keeping === "memory") === (job.kind === "memory"))
          .map((keeping) => ({ contender: id, keeping, shape, tasks, runs, ending, outputBytes, postgresUrl })),
      ),
  );
}
