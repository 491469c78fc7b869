/**
 * Plans of 10,000 tasks in four shapes over a real store: what a call costs near the start and near the end of a run, the
 * memory, the size of the store; then each is killed at five points and goes on in a new process.
 * `node bench/scale.ts [TASKS]`. Goals: late / early at most 1.5, at most 512 MiB, a first call within 0.5 s.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResumedReport, WholeReport } from "./scale/scale-process.ts";
import type { GraphShape } from "./workload/task-graph.ts";

const SHAPES: readonly GraphShape[] = ["wide", "chain", "dag", "random"];
const RATIO_MAX = 1.5;
const RSS_MIB_MAX = 512;
const FIRST_CALL_MS_MAX = 500;
/** Where a run is killed, as parts of its calls. */
const KILL_POINTS = [0.01, 0.25, 0.5, 0.75, 0.99];
/** Calls under way at the kill are made again: as many as run at once. */
const REPEATED_MAX = 16;

const program = join(import.meta.dirname, "scale/scale-process.ts");
const tasks = Number(process.argv[2] ?? 10_000);
const folder = mkdtempSync(join(tmpdir(), "agentmesh-scale-"));
const misses: string[] = [];

function child(mode: string, shape: GraphShape, ...more: readonly string[]): string {
  const words = [program, mode, shape, ...more];
  return spawnSync(process.execPath, words, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).stdout;
}

function hold(isHeld: boolean, what: string): void {
  if (!isHeld) misses.push(what);
}

function measure(shape: GraphShape): void {
  const report = JSON.parse(child("whole", shape, join(folder, `${shape}.db`), String(tasks))) as WholeReport;
  const { earlyMicros, lateMicros, meanMicros, ratio, rssMiB, bytesPerTask } = report;
  const cost = `CPU a task ${earlyMicros.toFixed(0)} us early, ${lateMicros.toFixed(0)} us late (x${ratio.toFixed(2)})`;
  const rest = `${meanMicros.toFixed(0)} us over all, ${rssMiB.toFixed(0)} MiB, ${bytesPerTask.toFixed(0)} bytes a task`;
  console.log(`${shape}: ${cost}, ${rest}`);
  hold(ratio <= RATIO_MAX, `${shape}: late / early is ${ratio.toFixed(2)}`);
  hold(rssMiB <= RSS_MIB_MAX, `${shape}: ${rssMiB.toFixed(0)} MiB`);
}

function killAndResume(shape: GraphShape): void {
  const reports = KILL_POINTS.map((part) => {
    const killAt = Math.max(1, Math.round(tasks * part));
    const store = join(folder, `${shape}-${killAt}.db`);
    child("killed", shape, store, String(tasks), String(killAt));
    const report = JSON.parse(child("resumed", shape, store, String(tasks))) as ResumedReport;
    const { status, calls, wrongTasks } = report;
    const isWhole = status === "succeeded" && wrongTasks === 0 && calls <= tasks - killAt + REPEATED_MAX;
    hold(isWhole, `${shape} killed at call ${killAt}: ${JSON.stringify(report)}`);
    return report;
  });
  const shown = reports.map((report) => `${report.firstCallMs.toFixed(0)} (${report.firstCallCpuMs.toFixed(0)} CPU)`);
  console.log(`${shape}, resumed: first call after ${shown.join(", ")} ms`);
  const slowest = Math.max(...reports.map(({ firstCallMs }) => firstCallMs));
  hold(slowest <= FIRST_CALL_MS_MAX, `${shape}: first call ${slowest.toFixed(0)} ms after resume`);
}

try {
  for (const shape of SHAPES) measure(shape);
  for (const shape of SHAPES) killAndResume(shape);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const miss of misses) console.log(`MISSED ${miss}`);
process.exitCode = misses.length === 0 ? 0 : 1;
