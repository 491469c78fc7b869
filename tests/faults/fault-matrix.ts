/**
 * `npm run fault-matrix -- [--cells all|sample|BEHAVIOUR,...] [--lanes N] [--json]`: servers that misbehave in every way, over
 * every transport, in every phase, beside runs that have nothing to do with them. Says of each cell what came of it, then
 * prints a table; with `--json` all results as one document. Ends with 1 when something does not hold.
 */
import { parseArgs } from "node:util";
import { cellName, type FaultCell } from "./fault-cell.ts";
import { CELLS, SAMPLE } from "./fault-table.ts";
import { matrixTable } from "./matrix-table.ts";
import { otherRuns } from "./other-runs.ts";
import type { CellResult } from "./run-cell.ts";
import { runMatrix } from "./run-matrix.ts";

/** How much slower the slowest hundredth of the other runs may be while a server misbehaves. */
const P99_RATIO_MAX = 2;

const { values } = parseArgs({
  options: {
    cells: { type: "string", default: "all" },
    lanes: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

function chosen(): readonly FaultCell[] {
  if (values.cells === "all") return CELLS;
  if (values.cells === "sample") return SAMPLE;
  const behaviours = new Set(values.cells.split(","));
  return CELLS.filter(({ behaviour }) => behaviours.has(behaviour));
}

function tell({ cell, report, faults, goneMs }: CellResult): void {
  const figures =
    report === undefined
      ? ""
      : ` ${report.outcome}, ${Math.round(report.elapsedMs)} ms, ${Math.round(report.rssMiB)} MiB`;
  const left = goneMs === undefined ? "" : `, all gone after ${Math.round(goneMs)} ms`;
  say(`${faults.length === 0 ? "ok  " : "FAIL"} ${cellName(cell)}:${figures}${left}`);
  for (const fault of faults) say(`     ${fault}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const startedMs = performance.now();
const results = await runMatrix({ cells: chosen(), lanes: Number(values.lanes), onResult: tell });
const seconds = Math.round((performance.now() - startedMs) / 1_000);
const broken = results.filter(({ faults }) => faults.length > 0).length;
const others = otherRuns(results);
const isSlowed = others.ratio > P99_RATIO_MAX;
if (values.json) process.stdout.write(`${JSON.stringify({ seconds, broken, others, results })}\n`);
else process.stdout.write(`${matrixTable(results)}\n`);
say(`${results.length} cells, ${broken} with faults, ${seconds} s`);
say(
  `other runs: ${others.runs}, ${others.failures} failed; p99 ${others.calmMs.toFixed(1)} ms before, ` +
    `${others.misbehavedMs.toFixed(1)} ms while a server misbehaved${isSlowed ? `: more than ${P99_RATIO_MAX} times` : ""}`,
);
process.exitCode = broken > 0 || isSlowed ? 1 : 0;
