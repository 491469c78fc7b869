import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadline, DeadlineReached } from "./deadline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => {});
const patient = new AbortController().signal;

test("work that ends in time gives its result", async () => {
  using deadline = new Deadline(patient, 1_000);
  expect(await deadline.race(Promise.resolve(7))).toBe(7);
  expect(deadline.end).toBeUndefined();
});

test("work out of time is left, and told", async () => {
  using deadline = new Deadline(patient, 1_000);
  const race = deadline.race(never).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(999);
  expect(deadline.end).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(await race).toBeInstanceOf(DeadlineReached);
  expect(deadline.end).toBe("timeout");
  expect(deadline.signal.reason).toBe("timeout");
});

test("a caller who gives up ends it at once, and keeps his reason to himself", async () => {
  const controller = new AbortController();
  using deadline = new Deadline(controller.signal, 1_000);
  const race = deadline.race(never).catch((error: unknown) => error);
  controller.abort(new Error("secret"));
  expect(await race).toMatchObject({ end: "cancelled" });
  expect(deadline.signal.reason).toBe("cancelled");
  await vi.advanceTimersByTimeAsync(2_000);
  expect(deadline.end).toBe("cancelled");
});

test("a caller who had given up before has ended it already", () => {
  using deadline = new Deadline(AbortSignal.abort(), 1_000);
  expect(deadline.end).toBe("cancelled");
  expect(deadline.signal.aborted).toBe(true);
});

test("progress starts the time anew, up to ten times the timeout", async () => {
  using deadline = new Deadline(patient, 1_000);
  for (let elapsedMs = 0; elapsedMs < 10_000; elapsedMs += 500) {
    expect(deadline.end).toBeUndefined();
    deadline.restart();
    await vi.advanceTimersByTimeAsync(500);
  }
  for (let elapsedMs = 0; elapsedMs < 1_000; elapsedMs += 500) {
    deadline.restart();
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(deadline.end).toBe("timeout");
});

test("a timeout longer than a timer can wait does not fire at once", async () => {
  using deadline = new Deadline(patient, 31_536_000_000);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(deadline.end).toBeUndefined();
});

test("what is over leaves no timer and no listener", () => {
  const { signal } = new AbortController();
  const removed = vi.spyOn(signal, "removeEventListener");
  {
    using deadline = new Deadline(signal, 1_000);
    expect(deadline.end).toBeUndefined();
  }
  expect(vi.getTimerCount()).toBe(0);
  expect(removed).toHaveBeenCalledOnce();
});
