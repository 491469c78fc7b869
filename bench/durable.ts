/**
 * What keeping every step on a disk costs: AgentMesh beside the limit of the same class, what a person would write by hand.
 * The two take turns in one warm process, so that what else the machine does meets both; medians over processes.
 *
 *     npm run bench:durable -- [--repetitions 3] [--postgres]
 *
 * prints a line of JSON for each process, then the goals. For a profile, in one process:
 *
 *     node --cpu-prof bench/durable/durable-cell.ts --subjects sqlite-mesh --runs 100 --steps 200
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { DurableCell, SubjectName } from "./durable/durable-cell.ts";
import { STEP_ENDS, type StepEnd } from "./durable/subject.ts";
import { PostgresServer } from "./services/postgres-server.ts";
import { childJson } from "./workload/child-json.ts";
import { Goals } from "./workload/goals.ts";
import { median } from "./workload/median.ts";

interface Comparison {
  readonly mesh: SubjectName;
  readonly limit: SubjectName;
  readonly runs: number;
  readonly steps: number;
  readonly end: StepEnd;
  /** Of the limit's speed, at least. Absent: shown only. */
  readonly ratioMin?: number;
  /** Beyond one a step. */
  readonly moreCommitsMax?: number;
}

const CHAIN = { runs: 1, steps: 1_000, end: "now" } as const;
const SQLITE: readonly Comparison[] = [
  { ...CHAIN, mesh: "sqlite-mesh", limit: "sqlite-limit", ratioMin: 0.85, moreCommitsMax: 3 },
  ...STEP_ENDS.flatMap((end): Comparison[] => [
    { mesh: "sqlite-mesh", limit: "sqlite-group-limit", runs: 100, steps: 20, end, ratioMin: 0.33 },
    { mesh: "sqlite-mesh", limit: "sqlite-group-limit", runs: 100, steps: 200, end, ratioMin: 0.25 },
  ]),
];
const POSTGRES: readonly Comparison[] = [
  { ...CHAIN, mesh: "postgres-mesh", limit: "postgres-limit", ratioMin: 0.5 },
  { mesh: "postgres-mesh", limit: "postgres-limit", runs: 100, steps: 20, end: "now", ratioMin: 0.5 },
];
const DISK = [
  { runs: 1, steps: 1_000, output: 0, bytesMax: 300 },
  { runs: 100, steps: 200, output: 0, bytesMax: 300 },
  { runs: 100, steps: 200, output: 1_024, bytesMax: 1_800 },
] as const;

const END_WORDS: Readonly<Record<StepEnd, string>> = { now: "at once", timer: "by a timer", io: "by I/O" };

const { values } = parseArgs({
  options: { repetitions: { type: "string", default: "3" }, postgres: { type: "boolean", default: false } },
});
const repetitions = Number(values.repetitions);
const goals = new Goals();
for (const { runs, steps, output, bytesMax } of DISK) {
  const { figures } = cell({ subjects: "sqlite-mesh", runs, steps, output, cold: true });
  const bytesPerStep = figures["sqlite-mesh"]?.bytesPerStep ?? 0;
  const what = `SQLite, ${runs} x ${steps}, outputs of ${output} bytes: bytes a step on the disk`;
  goals.add({ what, value: bytesPerStep, max: bytesMax, digits: 0 });
}
for (const comparison of SQLITE) compare(comparison);
if (values.postgres) {
  await using server = await PostgresServer.start();
  for (const comparison of POSTGRES) compare(comparison, server.url);
}
process.exitCode = goals.report();

function compare(comparison: Comparison, postgres?: string): void {
  const { mesh, limit, runs, steps, end, ratioMin, moreCommitsMax } = comparison;
  const words = { subjects: `${mesh},${limit}`, runs, steps, end, postgres };
  const cells = Array.from({ length: repetitions }, () => cell(words));
  const name = `${mesh}, ${runs} x ${steps}, steps that end ${END_WORDS[end]}`;
  const speed = (subject: SubjectName): number =>
    median(cells.map(({ figures }) => figures[subject]?.stepsPerSecond ?? 0));
  const ratio = median(cells.map(({ timesAsFast = 0 }) => timesAsFast));
  const what = `${name}: time by the limit's (${speed(mesh)} and ${speed(limit)} steps/s)`;
  if (ratioMin !== undefined) goals.add({ what, value: 1 / ratio, max: 1 / ratioMin, digits: 2 });
  if (moreCommitsMax === undefined) return;
  const commits = median(cells.map(({ figures }) => figures[mesh]?.commits ?? 0));
  goals.add({ what: `${name}: commits`, value: commits, max: steps + moreCommitsMax, digits: 0 });
}

function cell({
  cold = false,
  ...words
}: Readonly<Record<string, string | number | boolean | undefined>>): DurableCell {
  const given = Object.entries(words).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const program = join(import.meta.dirname, "durable/durable-cell.ts");
  const found = childJson(program, cold === true ? [...given, "--cold"] : given) as DurableCell;
  process.stdout.write(`${JSON.stringify(found)}\n`);
  return found;
}
