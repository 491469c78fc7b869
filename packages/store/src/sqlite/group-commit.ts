/**
 * Everything that is written during one turn of the event loop, by all runs, is one transaction and one fsync. A work that is
 * refused is refused alone; what breaks the transaction breaks all of it. While another process holds the lock, the work
 * waits without blocking the event loop for long.
 */
import { MeshError } from "@agentmesh/core";
import { isBusy } from "./sqlite-error.ts";

/** Between two tries for the lock, each of which may block for the connection's timeout: half of the time is the event loop's. */
const RETRY_PAUSE_MS = 250;
/** How long work that nobody waits for waits for another commit to ride on. */
const RIDE_MS = 100;

export interface CommitTarget {
  readonly begin: () => void;
  readonly commit: () => void;
  /** Told what broke a transaction, which it rolls back; what it returns rejects all work of it. */
  readonly failed: (error: unknown) => MeshError;
  /** After each settled transaction, before its promises. */
  readonly settled: () => void;
}

interface Work {
  /** Runs within the transaction. A MeshError refuses this work alone: it must be thrown before anything is written. */
  readonly apply: () => unknown;
  readonly done: PromiseWithResolvers<unknown>;
}

export class GroupCommit {
  readonly #target: CommitTarget;
  /** How long another process may hold the lock before the work is given up. */
  readonly #patienceMs: number;
  #waiting: Work[] = [];
  #isScheduled = false;
  #ride: NodeJS.Timeout | undefined;
  /** Monotonic; undefined while nobody holds the lock. */
  #busySinceMs: number | undefined;

  constructor(target: CommitTarget, patienceMs: number) {
    this.#target = target;
    this.#patienceMs = patienceMs;
  }

  /** Resolves when it is durable. */
  add<Result>(apply: () => Result): Promise<Result> {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    }
    return this.#push(apply);
  }

  /** Joins the next commit, which it does not hasten. A process that ends before loses it. */
  addRider<Result>(apply: () => Result): Promise<Result> {
    this.#ride ??= setTimeout(() => this.#flush(), RIDE_MS).unref();
    return this.#push(apply);
  }

  /** Commits what is waiting, and waits as long as it must for the lock. */
  async drain(): Promise<void> {
    this.#flush();
    while (this.#waiting.length > 0) await Promise.allSettled(this.#waiting.map(({ done }) => done.promise));
  }

  #push<Result>(apply: () => Result): Promise<Result> {
    const done = Promise.withResolvers<unknown>();
    done.promise.catch(() => undefined); // a receipt may have nobody waiting; whoever waits for an intent sees the failure
    this.#waiting.push({ apply, done });
    return done.promise as Promise<Result>;
  }

  #flush(): void {
    this.#isScheduled = false;
    clearTimeout(this.#ride);
    this.#ride = undefined;
    const batch = this.#waiting;
    if (batch.length === 0) return;
    const settle = this.#attempt(batch);
    if (settle === undefined) return this.#retryLater();
    this.#waiting = [];
    this.#busySinceMs = undefined;
    this.#target.settled();
    settle();
  }

  /** Returns what tells the works of their results; undefined when another process holds the lock: nothing was tried then. */
  #attempt(batch: readonly Work[]): (() => void) | undefined {
    let isBegun = false;
    try {
      this.#target.begin();
      isBegun = true;
      const settlements = batch.map(settlementOf);
      this.#target.commit();
      return () => {
        for (const settle of settlements) settle();
      };
    } catch (error) {
      if (!isBegun && isBusy(error) && this.#isPatient()) return undefined;
      const failure = this.#target.failed(error);
      return () => {
        for (const { done } of batch) done.reject(failure);
      };
    }
  }

  #isPatient(): boolean {
    this.#busySinceMs ??= performance.now();
    return performance.now() - this.#busySinceMs < this.#patienceMs;
  }

  #retryLater(): void {
    this.#isScheduled = true;
    setTimeout(() => this.#flush(), RETRY_PAUSE_MS);
  }
}

function settlementOf({ apply, done }: Work): () => void {
  try {
    const result = apply();
    return () => done.resolve(result);
  } catch (error) {
    if (error instanceof MeshError) return () => done.reject(error);
    throw error;
  }
}
