/** A sample of what `chaos.ts` does for longer. */
import { expect, test } from "vitest";
import { runChaos } from "./chaos.ts";

test("a server that is killed every 5 to 10 s under 200 runs loses nothing and doubles nothing", async () => {
  const report = await runChaos({ runs: 200, seconds: 20 });
  expect(report).toMatchObject({ violations: [], failures: 0 });
  expect(report.kills).toBeGreaterThan(0);
  expect(report.events).toBeGreaterThan(2_000);
}, 120_000);

test("runs whose appends fail meanwhile are taken up again where they were", async () => {
  const report = await runChaos({ runs: 50, seconds: 12, patienceMs: 100 });
  expect(report.violations).toEqual([]);
  expect(report.failures).toBeGreaterThan(0);
}, 120_000);
