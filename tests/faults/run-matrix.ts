/** Runs cells, some at once, with programs that are built once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPrograms } from "../built-programs.ts";
import type { FaultCell } from "./fault-cell.ts";
import { type CellResult, PROGRAMS, runCell } from "./run-cell.ts";

export interface MatrixOptions {
  readonly cells: readonly FaultCell[];
  /** At once. More than one disturb each other's times. */
  readonly lanes: number;
  readonly onResult?: (result: CellResult) => void;
}

export async function runMatrix({ cells, lanes, onResult = () => {} }: MatrixOptions): Promise<readonly CellResult[]> {
  const to = mkdtempSync(join(tmpdir(), "agentmesh-fault-programs-"));
  try {
    const programs = await buildPrograms({ from: import.meta.dirname, names: PROGRAMS, to });
    const waiting = [...cells];
    const results: CellResult[] = [];
    const lane = async (): Promise<void> => {
      for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
        const result = await runCell(cell, programs);
        results.push(result);
        onResult(result);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return results;
  } finally {
    rmSync(to, { recursive: true, force: true });
  }
}
