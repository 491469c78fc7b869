/** A part of the matrix: of every kind of misbehaviour one. All of it: `npm run fault-matrix`. */
import { expect, test } from "vitest";
import { CELLS, SAMPLE } from "./fault-table.ts";
import { runMatrix } from "./run-matrix.ts";

test(
  "whatever a server does, its caller learns what became of the call, others go on, and nothing is left behind",
  { timeout: 180_000 },
  async () => {
    const results = await runMatrix({ cells: SAMPLE, lanes: 2 });
    expect(results.flatMap(({ faults }) => faults)).toEqual([]);
    expect(results).toHaveLength(28);
  },
);

test("the matrix is whole", () => {
  expect(new Set(CELLS.map(({ behaviour }) => behaviour)).size).toBeGreaterThanOrEqual(26);
  expect(CELLS.length).toBeGreaterThanOrEqual(150);
});
