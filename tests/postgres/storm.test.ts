/** A sample of what `npm run postgres-storm` does for longer. */
import { expect, test } from "vitest";
import { runStorm } from "./storm.ts";

test("three processes on a server that crashes, one of them killed: every run ends once, no payment is made twice", async () => {
  const { violations, runs, ends, crashes, takenOverMs } = await runStorm({ runs: 150, seconds: 20 });
  expect(violations).toEqual([]);
  expect(crashes).toBeGreaterThan(0);
  expect((ends["succeeded"] ?? 0) + (ends["failed"] ?? 0)).toBe(runs);
  expect(ends["succeeded"] ?? 0).toBeGreaterThan(runs * 0.8);
  expect(takenOverMs).toBeLessThan(20_000);
}, 180_000);
