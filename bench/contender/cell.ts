/** A cell of the benchmark: one contender, one job, measured several times, each time in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../workload/median.ts";
import type { CellFailure, CellRequest, CellResult } from "./measurement.ts";

const PROGRAM = join(import.meta.dirname, "contender-process.ts");
/** Mastra's fan of 10,000 needs 4 GB; who needs more than this is stopped by its own runtime. */
const HEAP_MIB_MAX = 8_192;
/** After a first measurement that took so long, the cell is not measured again. */
const ONCE_MS = 12_000;

export interface Cell {
  readonly request: CellRequest;
  readonly results: CellResult[];
  failure: CellFailure | undefined;
  isDone: boolean;
}

export function newCell(request: CellRequest): Cell {
  return { request, results: [], failure: undefined, isDone: false };
}

/** Adds one result, or says why there is none. Killed after `msMax`. */
export function measureCell(cell: Cell, msMax: number): void {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-bench-"));
  const startedMs = performance.now();
  const words = [`--max-old-space-size=${HEAP_MIB_MAX}`, PROGRAM, JSON.stringify(cell.request)];
  const { stdout, signal, error } = spawnSync(process.execPath, words, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: msMax,
    killSignal: "SIGKILL",
    env: { ...process.env, TMPDIR: folder },
  });
  rmSync(folder, { recursive: true, force: true }); // who was killed could not
  const result = resultOf(stdout);
  if (result !== undefined && !("failure" in result)) cell.results.push(result);
  else cell.failure = result ?? failureOf(error !== undefined && signal !== null, msMax);
  cell.isDone = cell.failure !== undefined || performance.now() - startedMs > ONCE_MS;
}

function resultOf(stdout: string): CellResult | CellFailure | undefined {
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as CellResult | CellFailure;
  } catch {
    return undefined;
  }
}

function failureOf(isTimeout: boolean, msMax: number): CellFailure {
  if (isTimeout) return { failure: "too slow", detail: `not finished in ${msMax / 1_000} s` };
  return { failure: "failed", detail: "the process died" };
}

export type CellFigure = keyof Omit<CellResult, "name">;

/** The median of a figure; undefined when there is no result. */
export function figureOf(cell: Cell | undefined, figure: CellFigure): number | undefined {
  const values = cell?.results.flatMap((result) => result[figure] ?? []) ?? [];
  return values.length === 0 ? undefined : median(values);
}
