/**
 * What is written during one turn of the event loop, by all runs, goes to the server together; what comes while it is under
 * way goes with the next. Requests of one kind that stand next to each other are one statement, which is its own commit; the
 * order of requests is kept.
 */
import type { MeshError } from "@agentmesh/core";

/** How one request ended; the others of its statement may have ended otherwise. */
export type Outcome<Result> = { readonly value: Result } | { readonly error: MeshError };

/** One kind of request. */
export interface Lane<Request, Result> {
  /** Resolves, once it is durable, with one outcome for each request. Rejects when all of them have failed. */
  commit(requests: readonly Request[]): Promise<readonly Outcome<Result>[]>;
}

interface Entry {
  readonly lane: Lane<unknown, unknown>;
  readonly request: unknown;
  readonly done: PromiseWithResolvers<unknown>;
}

export class GroupCommit {
  #waiting: Entry[] = [];
  #isScheduled = false;
  #running: Promise<void> | undefined;

  /** Resolves when it is durable. */
  add<Request, Result>(lane: Lane<Request, Result>, request: Request): Promise<Result> {
    const done = Promise.withResolvers<unknown>();
    done.promise.catch(() => undefined); // a receipt may have nobody waiting; whoever waits for an intent sees the failure
    this.#waiting.push({ lane, request, done });
    this.#schedule();
    return done.promise as Promise<Result>;
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running !== undefined) {
      this.#flush();
      await this.#running;
    }
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#running = commitInOrder(batch).finally(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}

async function commitInOrder(batch: readonly Entry[]): Promise<void> {
  for (const entries of neighbours(batch)) await commitTogether(entries);
}

async function commitTogether(entries: readonly Entry[]): Promise<void> {
  const [first] = entries;
  try {
    const outcomes = await first?.lane.commit(entries.map(({ request }) => request));
    for (const [index, { done }] of entries.entries()) {
      const outcome = outcomes?.[index] ?? { value: undefined };
      if ("error" in outcome) done.reject(outcome.error);
      else done.resolve(outcome.value);
    }
  } catch (error) {
    for (const { done } of entries) done.reject(error);
  }
}

function neighbours(batch: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups: Entry[][] = [];
  for (const entry of batch) {
    const last = groups.at(-1);
    if (last?.[0]?.lane === entry.lane) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}
