/**
 * Ends this very process with SIGKILL at a chosen moment: around the n-th write to the store, or around the n-th effect of a
 * tool. Nothing is cleaned up, nothing is flushed.
 */
import { SqliteStore } from "@agentmesh/runtime";

export const STORE_POSITIONS = ["before-append", "after-append", "before-publish"] as const;
export const CALL_POSITIONS = ["before-effect", "after-effect"] as const;
export const KILL_POSITIONS = [...STORE_POSITIONS, ...CALL_POSITIONS] as const;

/**
 * `before-append`: nothing of the record is stored. `after-append`: it is committed, and nobody was told.
 * `before-publish`: what it enables was launched, and no viewer was told. `before-effect`: the call has reached the tool.
 * `after-effect`: the world has changed, and the tool has not answered.
 */
export type KillPosition = (typeof KILL_POSITIONS)[number];

export interface Kill {
  readonly position: KillPosition;
  /** The n-th write, or the n-th call, from 1. */
  readonly at: number;
}

type Then = Promise<void>["then"];

export class KillSwitch {
  /** Writes and calls since it was armed. */
  writes = 0;
  calls = 0;
  #kill: Kill | undefined;

  /** Looks at every write of every store in this process. */
  constructor() {
    const { prototype } = SqliteStore;
    const { append, send } = prototype;
    const watch = this.#watch.bind(this);
    prototype.append = function watchedAppend(...args) {
      return watch(() => append.apply(this, args));
    };
    prototype.send = async function watchedSend(...args) {
      let item = 0;
      await watch(async () => {
        item = await send.apply(this, args);
      });
      return item;
    };
  }

  arm(kill: Kill | undefined): void {
    this.#kill = kill;
    this.writes = 0;
    this.calls = 0;
  }

  /** Around the effect of a tool. */
  async around(effect: () => Promise<void>): Promise<void> {
    const call = ++this.calls;
    if (this.#isAt("before-effect", call)) die();
    await effect();
    if (this.#isAt("after-effect", call)) die();
  }

  #watch(write: () => Promise<void>): Promise<void> {
    const number = ++this.writes;
    if (this.#isAt("before-append", number)) die();
    const done = write();
    if (this.#isAt("after-append", number)) done.then(die, () => undefined);
    return this.#isAt("before-publish", number) ? dieBeforeLast(done) : done;
  }

  #isAt(position: KillPosition, number: number): boolean {
    return this.#kill?.position === position && this.#kill.at === number;
  }
}

/**
 * The driver first launches what a record has enabled, then tells viewers: both wait for the same promise, in that order.
 * So the last that waits for it is never told.
 */
function dieBeforeLast(done: Promise<void>): Promise<void> {
  const waiting: (() => void)[] = [];
  const then: Then = (fulfilled, rejected) => {
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    waiting.push(() => {
      done.then(fulfilled, rejected).then((value) => resolve(value as never), reject);
    });
    return promise;
  };
  done.then(
    () => {
      for (const tell of waiting.slice(0, -1)) tell();
      queueMicrotask(() => queueMicrotask(die));
    },
    () => undefined,
  );
  const told = done.then();
  Reflect.set(told, "then", then);
  return told;
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;); // the signal is on its way
}
