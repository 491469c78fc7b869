/**
 * The process group of a stdio server. Launchers as npx start the real server as a grandchild, so the whole group is
 * signalled, never the child alone. Groups that still live when this process exits are killed with it, and by a guard when it
 * was killed itself.
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { OrphanGuard } from "./orphan-guard.ts";

/** How often the end of a group is looked for, in milliseconds. */
const POLL_MS = 20;
/**
 * After SIGKILL nothing of the group runs any more. What is left to wait for is that the dead are reaped, by whoever took
 * over the grandchildren: in a container that may be nobody.
 */
const KILL_GRACE_MS = 250;
const HAS_GROUPS = process.platform !== "win32";

const living = new Set<ProcessGroup>();
let guard: OrphanGuard | undefined;

function killAll(): void {
  for (const group of living) group.signal("SIGKILL");
}

export class ProcessGroup {
  readonly #child: ChildProcess;
  readonly #pid: number;

  /** `child` was started detached, so that it leads a group of its own. */
  constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.#pid = pid;
    if (living.size === 0) process.on("exit", killAll);
    living.add(this);
    if (HAS_GROUPS && (guard === undefined || guard.isGone)) guard = new OrphanGuard([...living].map(({ id }) => id));
    else guard?.add(pid);
  }

  get id(): number {
    return this.#pid;
  }

  /** Sends a signal to every process of the group; false when there is none left. */
  signal(name: NodeJS.Signals | 0): boolean {
    if (!HAS_GROUPS) return this.#isChildAlive() && this.#child.kill(name);
    try {
      return process.kill(-this.#pid, name);
    } catch {
      return false;
    }
  }

  /** Waits for an end by itself, then SIGTERM, then SIGKILL. Resolves when nothing of the group runs; never rejects. */
  async end(graceMs: number, termGraceMs: number): Promise<void> {
    if (!(await this.#isGoneWithin(graceMs))) {
      this.signal("SIGTERM");
      if (!(await this.#isGoneWithin(termGraceMs))) {
        this.signal("SIGKILL");
        await this.#isGoneWithin(KILL_GRACE_MS);
      }
    }
    living.delete(this);
    guard?.remove(this.#pid);
    if (living.size > 0) return;
    process.off("exit", killAll);
    const idle = guard;
    guard = undefined;
    await idle?.leave();
  }

  async #isGoneWithin(limitMs: number): Promise<boolean> {
    for (const endMs = performance.now() + limitMs; this.signal(0); await sleep(POLL_MS)) {
      if (performance.now() >= endMs) return false;
    }
    return true;
  }

  #isChildAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }
}
