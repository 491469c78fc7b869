/**
 * What `bench/scale.ts` measures in processes of their own: `whole` runs a plan to its end, `killed` dies in the middle,
 * `resumed` goes on with what the one before has left. Prints one line of JSON.
 */
import { statSync } from "node:fs";
import { cpuMicros } from "../workload/cpu-time.ts";
import { median } from "../workload/median.ts";
import { stepMesh } from "../workload/step-mesh.ts";
import { stepPlan } from "../workload/step-plan.ts";
import { type GraphShape, taskGraph } from "../workload/task-graph.ts";

/** Calls at both ends of a run whose cost is compared; the first ones come after those that only start. */
const WINDOW_CALLS = 250;
const FIRST_CALLS = 100;
/** Runs before those that count: the compiler has seen everything by then. */
const WARM_UP_RUNS = 2;
const MEASURED_RUNS = 5;

export interface WholeReport {
  /** Microseconds of CPU time a call near its first hundred, near its end, and over the whole; medians of the runs. */
  readonly earlyMicros: number;
  readonly lateMicros: number;
  readonly meanMicros: number;
  /** The median of late / early. */
  readonly ratio: number;
  /** The most that the process ever held, over all runs. */
  readonly rssMiB: number;
  readonly bytesPerTask: number;
}

export interface ResumedReport {
  /** From `resume` to the first call. */
  readonly firstCallMs: number;
  readonly firstCallCpuMs: number;
  readonly calls: number;
  readonly status: string;
  /** Tasks that did not succeed exactly once over both processes. */
  readonly wrongTasks: number;
}

const [mode, shape, store = "", tasksText, killAtText] = process.argv.slice(2);
const tasks = Number(tasksText);
if (mode === "whole") print(await whole(shape as GraphShape));
else if (mode === "killed") await killed(shape as GraphShape, Number(killAtText));
else if (mode === "resumed") print(await resumed());

function print(report: WholeReport | ResumedReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function whole(of: GraphShape): Promise<WholeReport> {
  const runs: { readonly early: number; readonly late: number; readonly mean: number }[] = [];
  const plan = stepPlan(taskGraph(of, tasks));
  const at = new Float64Array(tasks + 1);
  let calls = 0;
  const mesh = await stepMesh(
    (task) => {
      at[++calls] = cpuMicros();
      return { index: task };
    },
    { store },
  );
  for (let run = 0; run < WARM_UP_RUNS + MEASURED_RUNS; run++) {
    calls = 0;
    const { status } = await mesh.run(plan).result;
    if (status !== "succeeded" || calls !== tasks) throw new RangeError(`${of}: ${status} after ${calls} calls`);
    if (run < WARM_UP_RUNS) continue;
    const early = perCall(at, FIRST_CALLS, FIRST_CALLS + WINDOW_CALLS);
    runs.push({ early, late: perCall(at, tasks - WINDOW_CALLS, tasks), mean: perCall(at, FIRST_CALLS, tasks) });
  }
  await mesh[Symbol.asyncDispose]();
  return {
    earlyMicros: median(runs.map(({ early }) => early)),
    lateMicros: median(runs.map(({ late }) => late)),
    meanMicros: median(runs.map(({ mean }) => mean)),
    ratio: median(runs.map(({ early, late }) => late / early)),
    rssMiB: process.resourceUsage().maxRSS / 1_024,
    bytesPerTask: statSync(store).size / (tasks * (WARM_UP_RUNS + MEASURED_RUNS)),
  };
}

function perCall(at: Float64Array, from: number, to: number): number {
  return ((at[to] ?? 0) - (at[from] ?? 0)) / (to - from);
}

/** Ends as a power cut would end it. */
async function killed(of: GraphShape, killAt: number): Promise<void> {
  let calls = 0;
  const mesh = await stepMesh(
    (task) => {
      if (++calls === killAt) process.kill(process.pid, "SIGKILL");
      return { index: task };
    },
    { store },
  );
  await mesh.run(stepPlan(taskGraph(of, tasks))).result;
}

async function resumed(): Promise<ResumedReport> {
  let calls = 0;
  let firstCallMs = 0;
  let firstCallCpu = 0;
  const mesh = await stepMesh(
    (task) => {
      if (++calls === 1) {
        firstCallMs = performance.now() - startedMs;
        firstCallCpu = cpuMicros() - startedCpu;
      }
      return { index: task };
    },
    { store },
  );
  const [left] = await mesh.runs();
  if (left === undefined) throw new RangeError("the store holds no run");
  const startedCpu = cpuMicros();
  const startedMs = performance.now();
  const { status } = await mesh.resume(left.run).result;
  const succeeded = new Map<string, number>();
  for (const event of await mesh.events(left.run)) {
    if (event.type === "task.succeeded") succeeded.set(event.task, (succeeded.get(event.task) ?? 0) + 1);
  }
  await mesh[Symbol.asyncDispose]();
  const right = succeeded.values().filter((times) => times === 1);
  const wrongTasks = tasks - right.toArray().length;
  return { firstCallMs, firstCallCpuMs: firstCallCpu / 1_000, calls, status, wrongTasks };
}
