/** A few points of the sweep: enough to see that every kind of kill is survived. All of them: `npm run kill-sweep -- --points all`. */
import { expect, test } from "vitest";
import { describePoint } from "./kill-points.ts";
import { runSweep } from "./run-sweep.ts";

const POINTS = 24;

test(
  "a run that is killed anywhere, and killed again while it recovers, ends as if nothing had happened",
  { timeout: 120_000 },
  async () => {
    const results = await runSweep({ count: POINTS, seed: 7, lanes: 2 });
    expect(results).toHaveLength(POINTS);
    const broken = results.filter(({ faults }) => faults.length > 0);
    expect(broken.map(({ point, faults }) => [describePoint(point), ...faults])).toEqual([]);
    expect(results.filter(({ deaths }) => deaths > 0).length).toBeGreaterThan(POINTS / 2);
    expect(results.filter(({ deaths }) => deaths > 1).length).toBeGreaterThan(0);
  },
);
