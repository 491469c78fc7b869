/** News for many listeners come together. */
import { expect, onTestFinished, test, vi } from "vitest";
import { CalmBell } from "./calm-bell.ts";

test("a thousand asks are two rings: one at once, and one for all that came after it", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const ring = vi.fn<() => void>();
  const bell = new CalmBell(ring);
  for (let index = 0; index < 1_000; index += 1) bell.ask();
  expect(ring).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(ring).toHaveBeenCalledTimes(2);
  bell.ask();
  expect(ring).toHaveBeenCalledTimes(3);
});
