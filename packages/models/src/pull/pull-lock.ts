/** One process at a time fetches a model; the others wait for what it brings. A dead owner's lock is taken over. */
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 300;

/** The locks of this process: another one may have had its number before. */
const held = new Set<string>();

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Called once when somebody else has it. Must not throw. */
  readonly onWait: (owner: number) => void;
}

/** Gives back how to release it. Rejects with the signal's reason. */
export async function takeLock(file: string, { signal, onWait }: LockOptions): Promise<() => Promise<void>> {
  for (let isTold = false; ;) {
    signal.throwIfAborted();
    if (await isTaken(file)) return () => release(file);
    const owner = await ownerOf(file);
    if (owner === undefined) continue;
    if (!isAlive(owner, file)) {
      await remove(file, owner);
      continue;
    }
    if (!isTold) onWait(owner);
    isTold = true;
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function release(file: string): Promise<void> {
  held.delete(file);
  await rm(file, { force: true });
}

/** A link appears at once and with its content; a file that is written would be empty for a moment. */
async function isTaken(file: string): Promise<boolean> {
  const own = `${file}.${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, file);
    held.add(file);
    return true;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, "code") === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Undefined when it was released meanwhile. */
async function ownerOf(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : Number(text);
}

/** Of two that see a dead owner, the slower one must not remove the lock that the faster one has taken. */
async function remove(file: string, owner: number): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  if ((await ownerOf(aside)) !== owner) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function isAlive(pid: number, file: string): boolean {
  if (pid === process.pid) return held.has(file);
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "EPERM";
  }
}
