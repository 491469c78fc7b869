/**
 * The engine beside its peers, in one run: a table, a plot, and every figure as JSON.
 * `npm run bench -- [--quick] [--only memory|durable] [--contenders limit,agentmesh,langgraph.graph] [--repetitions 3]
 * [--seconds 60] [--json FILE] [--with FILE] [--document FILE]`. Installs the peers when they are missing. `--with` takes
 * what is not measured now from the JSON of an earlier run, `--document` puts the tables between the marks of a Markdown
 * file and the plot beside it. How to read it all: bench/README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchmarkJob, JOBS, requestsOf } from "./contender/benchmark-plan.ts";
import { type Cell, measureCell, newCell } from "./contender/cell.ts";
import { CONTENDERS, type ListedContender } from "./contender/contender-list.ts";
import { DATABASE_PREFIX, databaseGauge } from "./contender/disk-gauge.ts";
import { benchmarkReport, type MeasuredJob } from "./report/benchmark-report.ts";
import { withEarlier } from "./report/earlier-report.ts";
import { insertReport } from "./report/insert-report.ts";
import { memoryPlot } from "./report/memory-plot.ts";
import { installPeers } from "./services/peer-packages.ts";
import { PostgresServer } from "./services/postgres-server.ts";

const RESULTS = join(import.meta.dirname, "results");

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    contenders: { type: "string" },
    repetitions: { type: "string", default: "3" },
    seconds: { type: "string", default: "60" },
    json: { type: "string" },
    with: { type: "string" },
    document: { type: "string" },
  },
});
const contenders = chosenContenders(values.contenders?.split(","));
const jobs = JOBS.filter(({ kind }) => values.only === undefined || kind === values.only);
if (jobs.length === 0) throw new RangeError("--only is memory or durable");
installPeers();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130)); // servers go too
await using postgres = jobs.some(({ kind }) => kind === "durable") ? await PostgresServer.start() : undefined;
const measured = jobs.map((job) => ({ job, cells: cellsOf(job) }));
const earlier = values.with === undefined ? [] : (JSON.parse(readFileSync(values.with, "utf8")) as MeasuredJob[]);
const repetitions = values.quick ? 1 : Number(values.repetitions);
for (let repetition = 1; repetition <= repetitions; repetition++) {
  await measureRound(measured, `${repetition}/${repetitions}`);
}
process.stdout.write(benchmarkReport(withEarlier(measured, earlier)));

/** A product's name chooses all its forms. */
function chosenContenders(ids: readonly string[] | undefined): readonly ListedContender[] {
  const isChosen = (id: string, { id: listed }: ListedContender): boolean =>
    listed === id || listed.startsWith(`${id}.`);
  for (const id of ids ?? []) {
    if (CONTENDERS.some((listed) => isChosen(id, listed))) continue;
    throw new RangeError(`no contender is called ${id}: there are ${CONTENDERS.map((each) => each.id).join(", ")}`);
  }
  return ids === undefined ? CONTENDERS : CONTENDERS.filter((listed) => ids.some((id) => isChosen(id, listed)));
}

function cellsOf(job: BenchmarkJob): readonly Cell[] {
  return requestsOf(job, { contenders, isQuick: values.quick, postgresUrl: postgres?.url ?? "" }).map(newCell);
}

/** Contenders take turns, so that a busy neighbour hits them all. */
async function measureRound(all: readonly MeasuredJob[], round: string): Promise<void> {
  for (const { job, cells } of all) {
    for (const cell of cells.filter(({ isDone }) => !isDone)) {
      const { contender, keeping, tasks } = cell.request;
      measureCell(cell, Number(values.seconds) * 1_000);
      // only now: a pool that still closes would be cut off
      if (keeping === "postgres")
        await (await databaseGauge()).dropDatabases(cell.request.postgresUrl, DATABASE_PREFIX);
      const cpu = cell.results.at(-1)?.cpuMicros.toFixed(1);
      const shown = cell.failure === undefined ? `${cpu} us a step` : `${cell.failure.failure}: ${cell.failure.detail}`;
      process.stderr.write(`${round} ${job.title}, ${tasks}: ${contender}, ${keeping}: ${shown}\n`);
    }
    write(withEarlier(measured, earlier)); // what is there so far survives an end by Ctrl-C
  }
}

function write(all: readonly MeasuredJob[]): void {
  mkdirSync(RESULTS, { recursive: true });
  const json = `${JSON.stringify(all, null, 1)}\n`;
  writeFileSync(join(RESULTS, "latest.json"), json);
  writeFileSync(join(RESULTS, "latest.md"), benchmarkReport(all));
  writeFileSync(join(RESULTS, "latest.svg"), memoryPlot(all));
  if (values.json !== undefined) writeFileSync(values.json, json);
  if (values.document === undefined) return;
  insertReport(values.document, "bench", benchmarkReport(all));
  writeFileSync(values.document.replace(/\.md$/, ".svg"), memoryPlot(all));
}
