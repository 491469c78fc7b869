import { expect, test } from "vitest";
import { ReplayClock, replayPauses } from "./replay-clock.ts";

test("pauses are as they were, faster, or none", () => {
  expect(replayPauses([1_000, 1_300, 61_300], 1)).toEqual([0, 300, 60_000]);
  expect(replayPauses([1_000, 1_300, 61_300], 10)).toEqual([0, 30, 6_000]);
  expect(replayPauses([1_000, 1_300, 61_300], "max")).toEqual([0, 0, 0]);
});

test("without a factor no pause is longer than half a second, and all of them no longer than 20 seconds", () => {
  expect(replayPauses([0, 300, 86_400_000], "fit")).toEqual([0, 300, 500]);
  const many = replayPauses(
    Array.from({ length: 101 }, (_, index) => index * 1_000),
    "fit",
  );
  expect(many.reduce((sum, pause) => sum + pause, 0)).toBeCloseTo(20_000);
});

test("a clock that was set back gives no pause, and time does not go back", async () => {
  expect(replayPauses([1_000, 400], 1)).toEqual([0, 0]);
  const clock = new ReplayClock(1_000);
  await clock.pass(400, 0, new AbortController().signal);
  expect(clock.nowMs()).toBe(1_000);
});

test("the time of the run passes while the replay pauses", async () => {
  const clock = new ReplayClock(0);
  const stop = new AbortController();
  const passing = clock.pass(3_600_000, 60_000, stop.signal);
  const before = clock.nowMs();
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.nowMs()).toBeGreaterThan(before);
  stop.abort();
  await expect(passing).rejects.toThrow();
});
