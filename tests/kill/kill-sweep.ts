/** `npm run kill-sweep -- [--points all|N] [--seed S] [--lanes L] [--only RUN,RUN]`: kills runs everywhere, and counts what does not hold. */
import { parseArgs } from "node:util";
import { describePoint } from "./kill-points.ts";
import { runSweep } from "./run-sweep.ts";
import type { PointResult } from "./sweep.ts";
import { sweepTable } from "./sweep-table.ts";

const SAID_EVERY = 100;
const FAULTS_SHOWN = 5;

const { values } = parseArgs({
  options: {
    points: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    lanes: { type: "string", default: "2" },
    only: { type: "string" },
  },
});

const startedMs = performance.now();
let done = 0;

function tell({ point, faults }: PointResult): void {
  done++;
  if (done % SAID_EVERY === 0) say(`${done} points, ${seconds()} s`);
  if (faults.length > 0) say(`VIOLATION at ${describePoint(point)}`);
  for (const fault of faults.slice(0, FAULTS_SHOWN)) say(`  ${fault}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function seconds(): number {
  return Math.round((performance.now() - startedMs) / 1_000);
}

const results = await runSweep({
  seed: Number(values.seed),
  lanes: Number(values.lanes),
  onResult: tell,
  ...(values.points === "all" ? {} : { count: Number(values.points) }),
  ...(values.only === undefined ? {} : { references: values.only.split(",") }),
});
const broken = results.filter(({ faults }) => faults.length > 0).length;
const deaths = results.reduce((sum, result) => sum + result.deaths, 0);
say(sweepTable(results));
say(`${results.length} points, ${deaths} deaths, ${broken} with violations, seed ${values.seed}, ${seconds()} s`);
process.exitCode = broken > 0 ? 1 : 0;
