/**
 * What a step costs AgentMesh in memory: CPU time at three sizes in three shapes, how it grows, the memory of 100,000 tasks,
 * and how fast a stored run of 10,000 is folded. Each figure comes from fresh processes, interleaved; medians.
 *
 * `node bench/memory.ts [--quick] [--repetitions 3] [--document FILE]`: everything; a line of JSON for each figure, then the
 * goals, which go between the marks of a Markdown file too.
 * `node bench/memory.ts --shape dag --tasks 10000 [--measure cpu|rss|fold]`: one figure. With `--measure cpu` or `rss` it
 * is measured in this very process, so that `node --cpu-prof bench/memory.ts --shape dag --tasks 10000` shows where time goes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CpuCell, measureCpu, measureRss } from "./memory/cpu-cell.ts";
import { measureFold, writeRun } from "./memory/fold-cell.ts";
import { insertReport } from "./report/insert-report.ts";
import { childJson } from "./workload/child-json.ts";
import { Goals } from "./workload/goals.ts";
import { median } from "./workload/median.ts";
import { GRAPH_SHAPES, type GraphShape } from "./workload/task-graph.ts";

const SHAPES = ["chain", "fan", "dag"] as const satisfies readonly GraphShape[];
/** Tasks of a run, and the most microseconds of CPU time that a step may cost. */
const STEP_MICROS_MAX: ReadonlyMap<number, number> = new Map([
  [1_000, 10],
  [10_000, 10],
  [100_000, 12],
]);
/** Slopes in a log-log plot; 1 is linear. The machine is not: caches miss more often in more memory. */
const EXPONENTS_MAX = [
  { from: 1_000, to: 100_000, max: 1.2 },
  { from: 10_000, to: 100_000, max: 1.1 },
] as const;
const RSS = { shape: "dag", tasks: 100_000, maxMiB: 400 } as const;
const FOLD = { shape: "dag", tasks: 10_000, maxMs: 350 } as const;

const { values } = parseArgs({
  options: {
    shape: { type: "string" },
    tasks: { type: "string" },
    measure: { type: "string", default: "cpu" },
    store: { type: "string" },
    repetitions: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    document: { type: "string" },
  },
});
if (values.shape === undefined) measureAll(values.quick ? 1 : Number(values.repetitions));
else await measureOne(shapeOf(values.shape), Number(values.tasks ?? 1_000));

function shapeOf(text: string): GraphShape {
  const shape = GRAPH_SHAPES.find((each) => each === text);
  if (shape === undefined) throw new RangeError(`--shape is one of ${GRAPH_SHAPES.join(", ")}`);
  return shape;
}

async function measureOne(shape: GraphShape, tasks: number): Promise<void> {
  const { measure, store } = values;
  if (measure === "cpu") print(await measureCpu(shape, tasks));
  else if (measure === "rss") print({ shape, tasks, rssMiB: await measureRss(shape, tasks) });
  else if (measure === "write" && store !== undefined) print(await writeRun(shape, tasks, store));
  else if (measure === "fold" && store !== undefined) print({ shape, tasks, foldMs: await measureFold(tasks, store) });
  else if (measure === "fold") print({ shape, tasks, foldMs: foldInNewProcess(shape, tasks) });
  else throw new RangeError("--measure is one of cpu, rss, fold");
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value ?? {})}\n`);
}

/** Of one figure, in a process of its own. */
function figure(shape: GraphShape, tasks: number, more: readonly string[]): unknown {
  return childJson(import.meta.filename, ["--shape", shape, "--tasks", String(tasks), ...more]);
}

function foldInNewProcess(shape: GraphShape, tasks: number): number {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-memory-"));
  try {
    const store = ["--store", join(folder, "bench.db")];
    figure(shape, tasks, ["--measure", "write", ...store]);
    return (figure(shape, tasks, ["--measure", "fold", ...store]) as { readonly foldMs: number }).foldMs;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureAll(repetitions: number): void {
  const sizes = [...STEP_MICROS_MAX.keys()].slice(0, values.quick ? 1 : undefined);
  const cells = sizes.flatMap((tasks) => SHAPES.map((shape) => ({ shape, tasks, runs: [] as CpuCell[] })));
  const rss: number[] = [];
  const folds: number[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { shape, tasks, runs } of cells) {
      const cell = cellOrNone(shape, tasks);
      if (cell === undefined) continue;
      runs.push(cell);
      print(cell);
    }
    if (values.quick) continue;
    rss.push((figure(RSS.shape, RSS.tasks, ["--measure", "rss"]) as { readonly rssMiB: number }).rssMiB);
    folds.push(foldInNewProcess(FOLD.shape, FOLD.tasks));
    print({ ...RSS, rssMiB: rss.at(-1) });
    print({ ...FOLD, foldMs: folds.at(-1) });
  }
  const steps = cells.map(({ shape, tasks, runs }) => ({
    shape,
    tasks,
    stepMicros: runs.length === 0 ? Number.POSITIVE_INFINITY : median(runs.map(({ stepMicros }) => stepMicros)),
    planMicros: median(runs.map(({ planMicros }) => planMicros)),
    coldMicros: median(runs.map(({ coldMicros }) => coldMicros)),
  }));
  const exitCode = steps.every(({ stepMicros }) => Number.isFinite(stepMicros)) ? 0 : 1;
  process.exitCode = values.quick ? exitCode : judge(steps, median(rss), median(folds));
}

/** A graph that cannot be run is a missed goal, and no reason to leave the others out. */
function cellOrNone(shape: GraphShape, tasks: number): CpuCell | undefined {
  try {
    return figure(shape, tasks, []) as CpuCell;
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
    return undefined;
  }
}

interface StepCost {
  readonly shape: GraphShape;
  readonly tasks: number;
  readonly stepMicros: number;
  readonly planMicros: number;
  readonly coldMicros: number;
}

function judge(steps: readonly StepCost[], rssMiB: number, foldMs: number): number {
  const goals = new Goals();
  for (const { shape, tasks, stepMicros, planMicros, coldMicros } of steps) {
    const beside = `plan ${planMicros.toFixed(1)}, first run of the process ${coldMicros.toFixed(0)} in all`;
    const max = STEP_MICROS_MAX.get(tasks) ?? 0;
    goals.add({ what: `${shape} of ${tasks}: CPU us a step (${beside})`, value: stepMicros, max, digits: 1 });
  }
  const micros = (shape: GraphShape, tasks: number): number =>
    steps.find((cell) => cell.shape === shape && cell.tasks === tasks)?.stepMicros ?? 0;
  for (const { from, to, max } of EXPONENTS_MAX)
    for (const shape of SHAPES) {
      const slope = 1 + Math.log(micros(shape, to) / micros(shape, from)) / Math.log(to / from);
      goals.add({ what: `${shape}: exponent from ${from} to ${to}`, value: slope, max, digits: 2 });
    }
  goals.add({ what: `${RSS.shape} of ${RSS.tasks}: peak RSS, MiB`, value: rssMiB, max: RSS.maxMiB, digits: 0 });
  goals.add({
    what: `${FOLD.shape} of ${FOLD.tasks}: open, fold, show, ms`,
    value: foldMs,
    max: FOLD.maxMs,
    digits: 0,
  });
  if (values.document !== undefined) insertReport(values.document, "bench:memory", goals.table());
  return goals.report();
}
