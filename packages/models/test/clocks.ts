/** Clocks for tests: the wall's, one that is moved by hand, one on which every wait is over at once. */
import type { Clock } from "@agentmesh/ports";

export const wallClock: Clock = {
  nowMs: () => Date.now(),
  at: (atMs, callback) => {
    const timer = setTimeout(callback, Math.max(0, atMs - Date.now()));
    return () => clearTimeout(timer);
  },
};

export interface InstantClock extends Clock {
  /** How long each wait would have taken, in milliseconds. */
  readonly waitedMs: readonly number[];
}

export function instantClock(): InstantClock {
  let nowMs = 1_000_000;
  const waitedMs: number[] = [];
  return {
    waitedMs,
    nowMs: () => nowMs,
    at: (atMs, callback) => {
      let isCancelled = false;
      waitedMs.push(atMs - nowMs);
      queueMicrotask(() => {
        if (isCancelled) return;
        nowMs = Math.max(nowMs, atMs);
        callback();
      });
      return () => {
        isCancelled = true;
      };
    },
  };
}

export interface ManualClock extends Clock {
  /** Lets time pass and calls back what is due, then gives pending promises their turn. */
  advance(byMs: number): Promise<void>;
  /** Timers that wait. */
  readonly armed: number;
}

export function manualClock(): ManualClock {
  let nowMs = 1_000_000;
  const timers = new Map<symbol, { readonly atMs: number; readonly callback: () => void }>();
  return {
    get armed() {
      return timers.size;
    },
    nowMs: () => nowMs,
    at: (atMs, callback) => {
      const key = Symbol("timer");
      timers.set(key, { atMs, callback });
      return () => timers.delete(key);
    },
    advance: async (byMs) => {
      nowMs += byMs;
      for (const [key, timer] of timers.entries().toArray()) {
        if (timer.atMs > nowMs || !timers.delete(key)) continue;
        timer.callback();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
