/** Finds processes by a variable of their environment, which whatever they start inherits: nobody is forgotten. */
import { readdirSync, readFileSync } from "node:fs";

/** The variable's name. */
export const MARK = "TEST_FAULT_MARK";

/** The ids of the processes that run with this mark; one that is dead and only not yet reaped does not. */
export function markedProcesses(mark: string): readonly number[] {
  const sought = `${MARK}=${mark}`;
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && environmentOf(pid).includes(sought) && !isDead(pid));
}

function environmentOf(pid: number): readonly string[] {
  return read(`/proc/${pid}/environ`).split("\0");
}

function isDead(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat === "" || stat.slice(stat.lastIndexOf(")")).startsWith(") Z");
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
