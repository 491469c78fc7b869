/** What became of the runs beside the misbehaving servers, over all cells. */
import type { CellResult } from "./run-cell.ts";

export interface OtherRunsReport {
  readonly runs: number;
  readonly failures: number;
  /** The 99th percentile of their times in milliseconds: before, and while a server misbehaved. */
  readonly calmMs: number;
  readonly misbehavedMs: number;
  readonly ratio: number;
}

export function otherRuns(results: readonly CellResult[]): OtherRunsReport {
  const reports = results.flatMap(({ report }) => report ?? []);
  const calmMs = percentile99(reports.flatMap((report) => report.calmMs));
  const other = reports.flatMap(({ otherMs }) => otherMs);
  const misbehavedMs = percentile99(other);
  return {
    runs: other.length,
    failures: reports.reduce((sum, { otherFailures }) => sum + otherFailures.length, 0),
    calmMs,
    misbehavedMs,
    ratio: calmMs === 0 ? 0 : misbehavedMs / calmMs,
  };
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length * 0.99)] ?? 0;
}
