/** Sweeps over points in several lanes at once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allPoints, type KillPoint, samplePoints } from "./kill-points.ts";
import { REFERENCE_RUNS } from "./reference-runs.ts";
import { type PointResult, Sweep } from "./sweep.ts";

export interface SweepOptions {
  /** How many points; absent: all. */
  readonly count?: number;
  readonly seed: number;
  readonly lanes: number;
  /** Only these reference runs. */
  readonly references?: readonly string[];
  readonly onResult?: (result: PointResult) => void;
}

export async function runSweep({ count, seed, lanes, references, onResult }: SweepOptions): Promise<PointResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "agentmesh-kill-"));
  const results: PointResult[] = [];
  const drive = async (arriving: AsyncIterable<PointResult>): Promise<void> => {
    for await (const result of arriving) {
      results.push(result);
      onResult?.(result);
    }
  };
  try {
    using sweep = await Sweep.open(folder, references ?? REFERENCE_RUNS.map(({ name }) => name));
    const all = allPoints(sweep.measures, seed);
    const points = samplePoints(all, count ?? all.length, seed);
    await Promise.all(dealt(points, lanes).map((hand, lane) => drive(sweep.run(hand, lane))));
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function dealt(points: readonly KillPoint[], hands: number): readonly (readonly KillPoint[])[] {
  return Array.from({ length: hands }, (_, hand) => points.filter((_point, index) => index % hands === hand));
}
