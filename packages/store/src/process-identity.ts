/**
 * Which process this is, so that another one on the same machine can tell at once that it is gone: a process id alone is
 * given to others later, and is another one in another container.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  /** This boot of this machine and this namespace of process ids; only where it is equal does `pid` mean the same. */
  readonly host: string;
  /** For people. */
  readonly hostName: string;
  readonly pid: number;
  /** When the process started, in ticks since boot; empty where the system does not tell. */
  readonly started: string;
}

/** The fields after the name of /proc/PID/stat: the state is the first (3 in proc(5)), the start time is field 22. */
const START_FIELD = 22 - 3;
/** Dead, and only waiting for its parent to look. */
const DEAD_STATES = new Set(["Z", "X", "x"]);

export function thisProcess(): ProcessIdentity {
  const boot = readOr("", () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  const namespace = readOr("", () => readlinkSync("/proc/self/ns/pid"));
  const host = boot === "" ? hostname() : `${boot} ${namespace}`;
  return { host, hostName: hostname(), pid: process.pid, started: statFields(process.pid)?.[START_FIELD] ?? "" };
}

/** Whether a process of the same `host` has ended. In doubt it has not: then its lease decides. */
export function isProcessGone({ pid, started }: Pick<ProcessIdentity, "pid" | "started">): boolean {
  if (!hasProcess(pid)) return true;
  const fields = statFields(pid);
  if (fields === undefined || started === "") return false;
  return fields[START_FIELD] !== started || DEAD_STATES.has(fields[0] ?? "");
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // EPERM: somebody else's process
  }
}

/** The name, in brackets, may hold spaces and brackets itself. */
function statFields(pid: number): readonly string[] | undefined {
  const stat = readOr("", () => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readOr(fallback: string, read: () => string): string {
  try {
    return read();
  } catch {
    return fallback;
  }
}
