/** The most memory that this process has held since it was last asked to forget, by the kernel's own count. */
import { readFileSync, writeFileSync } from "node:fs";

/** Collects garbage where that is allowed (`--expose-gc`), forgets the peak, and returns what is held now, in MiB. */
export function resetPeak(): number {
  globalThis.gc?.();
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Then the peak is that of the whole life.
  }
  return process.memoryUsage.rss() / 2 ** 20;
}

/** In MiB. */
export function peakMiB(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1_024;
  } catch {
    return process.resourceUsage().maxRSS / 1_024;
  }
}
