/** What a step costs in a mesh that keeps nothing on a disk, measured in this process. */
import { cpuMicros } from "../workload/cpu-time.ts";
import { median } from "../workload/median.ts";
import { peakRssMiB } from "../workload/peak-rss.ts";
import { stepMesh } from "../workload/step-mesh.ts";
import { stepPlan } from "../workload/step-plan.ts";
import { type GraphShape, taskGraph } from "../workload/task-graph.ts";

/** Steps before those that count, so that the compiler has seen everything. In steps: a run of 1,000 is over before it starts. */
const WARM_UP_STEPS = 30_000;
/** A larger plan is warmed up with runs of this size. */
const WARM_UP_TASKS_MAX = 10_000;
/** Runs of a process that count. */
const MEASURED_STEPS = 60_000;
const MEASURED_RUNS_MIN = 2;
const MEASURED_RUNS_MAX = 20;
/** As many calls at once as may be, in every program of this folder. */
const CALLS_AT_ONCE = 64;
/** A first, small run of a mesh compiles the schemas of its tools. */
const FIRST_RUN_TASKS = 10;

/** CPU time in microseconds a task, medians of the runs of this process. */
export interface CpuCell {
  readonly shape: GraphShape;
  readonly tasks: number;
  /** From the first call to the end of the run. */
  readonly stepMicros: number;
  /** From `mesh.run` to the first call: the plan is parsed, checked and stored. */
  readonly planMicros: number;
  /** Both. */
  readonly runMicros: number;
  /** The very first run of the process, of `coldTasks`: both, before the compiler has seen anything. */
  readonly coldMicros: number;
  readonly coldTasks: number;
  /** Wall time of a run, median. */
  readonly wallMs: number;
}

interface MeasuredRun {
  readonly planMicros: number;
  readonly stepMicros: number;
  readonly wallMs: number;
}

/** The most that this process has held after one run, which is its first. Throws RangeError as measureCpu does. */
export async function measureRss(shape: GraphShape, tasks: number): Promise<number> {
  await measureRun(shape, tasks, { isFirst: true });
  return peakRssMiB();
}

/** Throws RangeError when a run did not call every task exactly once. */
export async function measureCpu(shape: GraphShape, tasks: number): Promise<CpuCell> {
  const coldTasks = Math.min(tasks, WARM_UP_TASKS_MAX);
  const cold = await measureRun(shape, coldTasks, { isFirst: true });
  for (let steps = coldTasks; steps < WARM_UP_STEPS; steps += coldTasks) await measureRun(shape, coldTasks);
  const runs: MeasuredRun[] = [await measureRun(shape, tasks)];
  const more = Math.min(MEASURED_RUNS_MAX, Math.max(MEASURED_RUNS_MIN, Math.ceil(MEASURED_STEPS / tasks))) - 1;
  for (let run = 0; run < more; run++) runs.push(await measureRun(shape, tasks));
  return {
    shape,
    tasks,
    stepMicros: median(runs.map(({ stepMicros }) => stepMicros)),
    planMicros: median(runs.map(({ planMicros }) => planMicros)),
    runMicros: median(runs.map((run) => run.planMicros + run.stepMicros)),
    coldMicros: cold.planMicros + cold.stepMicros,
    coldTasks,
    wallMs: median(runs.map(({ wallMs }) => wallMs)),
  };
}

/** A mesh of its own for each run: one that keeps all its runs in memory would measure those. */
async function measureRun(shape: GraphShape, tasks: number, { isFirst = false } = {}): Promise<MeasuredRun> {
  const plan = stepPlan(taskGraph(shape, tasks));
  const calls = new Uint8Array(tasks);
  let firstCallCpu = 0;
  const mesh = await stepMesh(
    (task) => {
      if (firstCallCpu === 0) firstCallCpu = cpuMicros();
      calls[task] = (calls[task] ?? 0) + 1;
      return { index: task };
    },
    { store: ":memory:", policy: { concurrency: { run: CALLS_AT_ONCE } } },
  );
  if (!isFirst) await mesh.run(stepPlan(taskGraph(shape, Math.min(tasks, FIRST_RUN_TASKS)))).result;
  calls.fill(0);
  firstCallCpu = 0;
  const startedMs = performance.now();
  const startedCpu = cpuMicros();
  const { status } = await mesh.run(plan).result;
  const endedCpu = cpuMicros();
  const wallMs = performance.now() - startedMs;
  await mesh[Symbol.asyncDispose]();
  if (status !== "succeeded" || calls.some((times) => times !== 1))
    throw new RangeError(`${shape} of ${tasks}: ${status}, or a task was not called exactly once`);
  return {
    planMicros: (firstCallCpu - startedCpu) / tasks,
    stepMicros: (endedCpu - firstCallCpu) / tasks,
    wallMs,
  };
}
