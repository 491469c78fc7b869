/** Waiting by the clock, so that tests and the simulator decide how long it takes. */
import type { Clock } from "@agentmesh/ports";
import { orAborted } from "./cancellation.ts";

/** Rejects with the signal's reason when it aborts first. */
export async function wait(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  let cancel = (): void => undefined;
  const elapsed = new Promise<void>((resolve) => {
    cancel = clock.at(clock.nowMs() + delayMs, resolve);
  });
  try {
    await orAborted(elapsed, signal);
  } finally {
    cancel();
  }
}
