/** The most memory that this process has held, in MiB. */
import { readFileSync } from "node:fs";

/** By the kernel's high-water mark: `resourceUsage().maxRSS` begins with what the parent held when it forked. */
export function peakRssMiB(): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1_024;
  } catch {
    return process.resourceUsage().maxRSS / 1_024; // no /proc here
  }
}
