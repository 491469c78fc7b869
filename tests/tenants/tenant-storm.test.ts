/** A sample of what `npm run tenant-storm` does with more clients. */
import { expect, test } from "vitest";
import { runTenantStorm } from "./tenant-storm.ts";

test("60 clients of two tenants: none receives what is meant for another", { timeout: 300_000 }, async () => {
  const { crossed, faults, calls, cancelled, cut, probes, runs } = await runTenantStorm({ clients: 60 });
  expect(crossed).toEqual([]);
  expect(faults).toEqual([]);
  expect(calls).toBeGreaterThan(60 * 4);
  expect({ cancelled, cut }).toEqual({ cancelled: 60, cut: 60 });
  expect(probes).toBe(24);
  for (const tenant of ["acme", "umbrella"]) expect(runs[`${tenant} cancelled`]).toBeGreaterThan(0);
});
