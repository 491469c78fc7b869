/** The figures of a benchmark as Markdown: one table a job, ratios beside every absolute figure. */
import type { BenchmarkJob } from "../contender/benchmark-plan.ts";
import { type Cell, type CellFigure, figureOf } from "../contender/cell.ts";
import { CONTENDERS } from "../contender/contender-list.ts";
import type { Keeping } from "../contender/contender.ts";
import { markdownTable } from "./markdown-table.ts";

export interface MeasuredJob {
  readonly job: BenchmarkJob;
  readonly cells: readonly Cell[];
}

/** All cells of one contender in one place, by tasks. */
interface Line {
  readonly contender: string;
  readonly keeping: Keeping;
  readonly name: string;
  readonly bySize: ReadonlyMap<number, Cell>;
}

const STORES: Readonly<Record<Keeping, string>> = {
  memory: "",
  sqlite: ", SQLite",
  postgres: ", PostgreSQL",
  server: "",
};

export function benchmarkReport(measured: readonly MeasuredJob[]): string {
  const sections = measured.map(({ job, cells }) => {
    const table = job.kind === "memory" ? memoryTable(job, linesOf(cells)) : durableTables(job, linesOf(cells));
    return `### ${job.title}\n\n${table}\n`;
  });
  return `${sections.join("\n")}\n${failures(measured)}`;
}

/** Forms that cannot express a job are left out; what failed or was too slow stays. */
function linesOf(cells: readonly Cell[]): readonly Line[] {
  const possible = cells.filter(({ failure }) => failure?.failure !== "unsupported");
  const groups = Map.groupBy(possible, ({ request }) => `${request.contender} ${request.keeping}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { contender, keeping } = first.request;
    const name = group.flatMap(({ results }) => results.map((result) => result.name))[0] ?? contender;
    const bySize = new Map(group.map((cell) => [cell.request.tasks, cell]));
    return [{ contender, keeping, name: `${name}${storeSuffix(contender, keeping)}`, bySize }];
  });
}

/** Where one contender has several stores, the store is part of its name. */
function storeSuffix(contender: string, keeping: Keeping): string {
  const keeps = CONTENDERS.find(({ id }) => id === contender)?.keeps.filter((each) => each !== "memory") ?? [];
  return keeps.length > 1 ? STORES[keeping] : "";
}

function memoryTable({ sizes, runs }: BenchmarkJob, lines: readonly Line[]): string {
  const measuredSizes = sizes.filter((tasks) => lines.some(({ bySize }) => bySize.has(tasks)));
  const of = runs === 1 ? "" : `${runs} x `;
  const cold = measuredSizes.find((tasks) => tasks >= 1_000) ?? measuredSizes.at(-1) ?? 0;
  const ours = lines.find(({ contender }) => contender === "agentmesh");
  const header = [
    "CPU us a step",
    ...measuredSizes.map((tasks) => `${of}${count(tasks)}`),
    "exponent",
    ...measuredSizes.filter((tasks) => tasks >= 1_000 || runs > 1).map((tasks) => `x AgentMesh, ${count(tasks)}`),
    `first run, ${count(cold)}`,
    `steps/s, ${count(cold)}`,
    "peak RSS, MiB",
  ];
  const rows = lines.map((line) => [
    line.name,
    ...measuredSizes.map((tasks) => shown(line.bySize.get(tasks), "cpuMicros")),
    exponentOf(line),
    ...measuredSizes
      .filter((tasks) => tasks >= 1_000 || runs > 1)
      .map((tasks) =>
        ratio(figureOf(line.bySize.get(tasks), "cpuMicros"), figureOf(ours?.bySize.get(tasks), "cpuMicros")),
      ),
    shown(line.bySize.get(cold), "coldMicros"),
    shown(line.bySize.get(cold), "stepsPerSecond"),
    measuredSizes.map((tasks) => shown(line.bySize.get(tasks), "rssMiB")).join(" / "),
  ]);
  return markdownTable(header, rows);
}

/** How CPU time grows with the tasks, from the second size to the last: 1 is linear, 2 is quadratic. */
function exponentOf({ bySize }: Line): string {
  const known = [...bySize.entries()].flatMap(([tasks, cell]) => {
    const micros = figureOf(cell, "cpuMicros");
    return micros === undefined ? [] : [{ tasks, micros }];
  });
  const from = known.find(({ tasks }) => tasks >= 1_000) ?? known[0];
  const to = known.at(-1);
  if (from === undefined || to === undefined || from === to) return "";
  return (1 + Math.log(to.micros / from.micros) / Math.log(to.tasks / from.tasks)).toFixed(2);
}

function durableTables(job: BenchmarkJob, lines: readonly Line[]): string {
  const sizes = job.sizes.filter((tasks) => lines.some(({ bySize }) => bySize.has(tasks)));
  return sizes.map((tasks) => durableTable(job, tasks, lines)).join("\n\n");
}

function durableTable({ runs }: BenchmarkJob, tasks: number, lines: readonly Line[]): string {
  const header = [
    `${runs === 1 ? "" : `${runs} x `}${count(tasks)} steps`,
    "class",
    "steps/s",
    "limit / this",
    "CPU us a step",
    "AgentMesh / this, same store",
    "disk B a step",
    "written B a step",
    "first round, CPU us",
  ];
  const rows = lines.map((line) => {
    const cell = line.bySize.get(tasks);
    const perSecond = figureOf(cell, "stepsPerSecond");
    const limit = figureOf(limitOf(line, lines)?.bySize.get(tasks), "stepsPerSecond");
    const ours = lines.find(({ contender, keeping }) => contender === "agentmesh" && keeping === storeLike(line));
    const oursPerSecond = figureOf(ours?.bySize.get(tasks), "stepsPerSecond");
    return [
      line.name,
      safetyOf(line) ?? "",
      shown(cell, "stepsPerSecond"),
      ratio(limit, perSecond),
      cpuWithServer(cell),
      ratio(oursPerSecond, perSecond),
      shown(cell, "diskBytes"),
      shown(cell, "writtenBytes"),
      shown(cell, "coldMicros"),
    ];
  });
  return markdownTable(header, rows);
}

function safetyOf({ contender, keeping }: Line): "F" | "N" | undefined {
  return CONTENDERS.find(({ id }) => id === contender)?.safety?.[keeping];
}

/** A server that keeps its own files is held against a file. */
function storeLike({ keeping }: Line): Keeping {
  return keeping === "server" ? "sqlite" : keeping;
}

/** The limit of the same store and the same safety. */
function limitOf(line: Line, lines: readonly Line[]): Line | undefined {
  if (line.keeping === "postgres") return lines.find(({ contender }) => contender === "limit.postgres");
  const id = safetyOf(line) === "N" ? "limit.normal" : "limit.full";
  return lines.find(({ contender }) => contender === id);
}

function cpuWithServer(cell: Cell | undefined): string {
  const server = figureOf(cell, "serverMicros");
  const own = shown(cell, "cpuMicros");
  return server === undefined ? own : `${own} + ${number(server)} server`;
}

function shown(cell: Cell | undefined, figure: CellFigure): string {
  const value = figureOf(cell, figure);
  if (value !== undefined) return number(value);
  if (cell?.failure === undefined) return "";
  return cell.failure.failure === "too slow" ? "x" : "fails";
}

function ratio(one: number | undefined, other: number | undefined): string {
  return one === undefined || other === undefined || other === 0 ? "" : number(one / other);
}

/** Three figures are more than such measurements are worth. */
function number(value: number): string {
  if (Math.abs(value) >= 100) return count(Number(value.toPrecision(3)));
  if (Math.abs(value) < 0.1) return String(Number(value.toPrecision(1)));
  return Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2);
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function failures(measured: readonly MeasuredJob[]): string {
  const lines = measured.flatMap(({ job, cells }) =>
    cells.flatMap(({ request, failure }) =>
      failure === undefined || failure.failure === "unsupported"
        ? []
        : [`- ${job.title}, ${count(request.tasks)}: ${request.contender}, ${request.keeping}: ${failure.detail}`],
    ),
  );
  return lines.length === 0 ? "" : `Not finished (x) or failed:\n\n${lines.join("\n")}\n`;
}
