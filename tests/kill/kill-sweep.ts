/**
 * `npm run kill-sweep -- [--points all|N] [--seed S] [--lanes L] [--only RUN,RUN]`: kills runs everywhere, and counts what
 * does not hold. `npm run kill-sweep -- --doubt N`: loses N answers in each way there is.
 */
import { parseArgs } from "node:util";
import { LOSSES } from "./doubt-order.ts";
import { describePoint } from "./kill-points.ts";
import { runDoubts } from "./run-doubts.ts";
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
    doubt: { type: "string" },
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

async function sweep(): Promise<number> {
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
  const figures = `${results.length} points, ${deaths} deaths, ${broken} with violations`;
  say(`${figures}, seed ${values.seed}, ${seconds()} s`);
  return broken;
}

async function doubt(count: number): Promise<number> {
  const losses = Array.from({ length: count }, () => LOSSES).flat();
  const results = await runDoubts(losses, {
    lanes: Number(values.lanes),
    onResult: ({ loss, faults }) => {
      for (const fault of faults) say(`VIOLATION after a ${loss}: ${fault}`);
    },
  });
  for (const loss of LOSSES) {
    const own = results.filter((result) => result.loss === loss);
    const right = own.filter(({ faults }) => faults.length === 0).length;
    say(`${loss}: one effect and one question ${right} of ${own.length}`);
  }
  say(`${seconds()} s`);
  return results.filter(({ faults }) => faults.length > 0).length;
}

const broken = values.doubt === undefined ? await sweep() : await doubt(Number(values.doubt));
process.exitCode = broken > 0 ? 1 : 0;
