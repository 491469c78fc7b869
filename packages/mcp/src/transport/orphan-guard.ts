/**
 * Ends the process groups of servers when this process was killed without a chance to do so: a shell that waits for the end
 * of its input, which comes with the end of this process, however it ends. Most servers leave by themselves then; those
 * that do not are ended within two seconds. Costs one small process while there are servers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** It reads which groups come and go, and ends those that are left. */
const SCRIPT = `
groups=" "
while read -r what group; do
  case $what in
    add) groups="$groups$group " ;;
    remove) case "$groups" in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
case "$groups" in *[0-9]*) ;; *) exit 0 ;; esac
sleep 1
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
sleep 0.4
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
exit 0
`;
/** It leaves at the end of its input; not for ever is that waited for. */
const LEAVE_MS = 500;

export class OrphanGuard {
  readonly #shell: ChildProcess;
  #isGone = false;

  /** The ids of the groups that are there already. */
  constructor(groups: readonly number[]) {
    // In a session of its own: what interrupts this process does not reach it.
    this.#shell = spawn("/bin/sh", ["-c", SCRIPT], { detached: true, stdio: ["pipe", "ignore", "ignore"], env: {} });
    // A machine without a shell goes without a guard.
    this.#shell.on("error", () => this.#lose());
    this.#shell.on("exit", () => this.#lose());
    this.#shell.stdin?.on("error", () => this.#lose());
    this.#shell.unref();
    for (const group of groups) this.add(group);
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  add(group: number): void {
    this.#write(`add ${group}\n`);
  }

  remove(group: number): void {
    this.#write(`remove ${group}\n`);
  }

  /** There is nothing left to guard. Never rejects. */
  async leave(): Promise<void> {
    if (this.#isGone || this.#shell.exitCode !== null) return;
    const gone = once(this.#shell, "exit").catch(() => undefined);
    this.#shell.stdin?.end();
    await Promise.race([gone, sleep(LEAVE_MS)]);
    if (!this.#isGone) this.#shell.kill("SIGKILL");
  }

  #write(line: string): void {
    if (!this.#isGone) this.#shell.stdin?.write(line);
  }

  #lose(): void {
    this.#isGone = true;
  }
}
