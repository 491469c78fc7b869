/** The clock of the machine. */
import type { Clock } from "@agentmesh/ports";

/** The longest wait that setTimeout takes; longer ones are cut into pieces. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  at(atMs, callback) {
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
      const leftMs = atMs - Date.now();
      timer = leftMs <= 0 ? setTimeout(callback, 0) : setTimeout(wait, Math.min(leftMs, TIMEOUT_MS_MAX));
    };
    wait();
    return () => clearTimeout(timer);
  },
};
