/** Journals, values, owners and commands in the memory of this process: the same rules as on a disk, and nothing is kept. */
import type { RunCommand, RunEvent, RunEventOf } from "@agentmesh/core";
import {
  INBOX_ITEMS_MAX,
  type InboxAnswer,
  type InboxItem,
  type IntactEvents,
  JournalConflictError,
  type JournalConflictReason,
  type PruneQuery,
  type PruneReport,
  RunOwnedError,
  type RunQuery,
  type RunSummary,
  type Store,
  type StoredBlob,
} from "@agentmesh/ports";
import { pruneMemory } from "./memory-retention.ts";
import { MemoryCache } from "./memory-cache.ts";
import { commandText, inboxFull, unknownRun } from "../inbox-command.ts";
import { thisProcess } from "../process-identity.ts";
import { statusAfter } from "../status-after.ts";

/** After so many appends timers and sockets get their say: without a disk nothing else would let them. */
const APPENDS_A_TURN = 256;
const DONE = Promise.resolve();

interface MemoryRun {
  readonly summary: Omit<RunSummary, "status">;
  readonly number: number;
  readonly events: RunEvent[];
  status: RunSummary["status"];
  owner: MemoryStore | undefined;
  ownedSinceMs: number;
  readonly items: Map<number, InboxItem>;
  readonly listeners: Set<() => void>;
}

/** What several openings share, as they share a file. */
export class MemoryStorage {
  readonly runs = new Map<string, MemoryRun>();
  readonly blobs = new Map<string, string>();
  readonly answers = new Map<number, InboxAnswer>();
  /** The run of each command. */
  readonly itemRuns = new Map<number, MemoryRun>();
  readonly cache = new MemoryCache();
}

export class MemoryStore implements Store {
  readonly cache: MemoryCache;
  readonly #storage: MemoryStorage;
  readonly #nowMs: () => number;
  #appends = 0;

  constructor(storage = new MemoryStorage(), nowMs: () => number = Date.now) {
    this.#storage = storage;
    this.cache = storage.cache;
    this.#nowMs = nowMs;
  }

  append(
    events: readonly RunEvent[],
    blobs: readonly StoredBlob[],
    answers: readonly InboxAnswer[] = [],
  ): Promise<void> {
    const conflict = this.#store(events, answers);
    if (conflict !== undefined) return Promise.reject(conflict);
    for (const { hash, text } of blobs) this.#storage.blobs.set(hash, text);
    for (const answer of answers) this.#settle(answer);
    if (++this.#appends % APPENDS_A_TURN > 0) return DONE;
    const turn = Promise.withResolvers<void>();
    setImmediate(turn.resolve);
    return turn.promise;
  }

  read(run: string, afterSeq: number): Promise<readonly RunEvent[]> {
    return Promise.resolve(this.#storage.runs.get(run)?.events.slice(afterSeq) ?? []);
  }

  async readIntact(run: string): Promise<IntactEvents> {
    return { events: await this.read(run, 0) };
  }

  runs({ tenant, limit, status, isUnowned }: RunQuery): Promise<readonly RunSummary[]> {
    const found = [...this.#storage.runs.values()]
      .filter((run) => run.summary.tenant === tenant && (status === undefined || run.status === status))
      .filter((run) => isUnowned !== true || run.owner === undefined)
      .sort((left, right) => right.summary.createdAtMs - left.summary.createdAtMs || right.number - left.number);
    return Promise.resolve(found.slice(0, limit).map((run) => ({ ...run.summary, status: run.status })));
  }

  blob(hash: string): string | undefined {
    return this.#storage.blobs.get(hash);
  }

  claim(run: string): Promise<boolean> {
    const known = this.#storage.runs.get(run);
    if (known?.owner !== undefined) return Promise.reject(ownedError(run, known.ownedSinceMs));
    if (known !== undefined) this.#own(known);
    return Promise.resolve(known !== undefined);
  }

  release(run: string): Promise<void> {
    const known = this.#storage.runs.get(run);
    if (known?.owner === this) known.owner = undefined;
    return DONE;
  }

  async send(run: string, command: RunCommand): Promise<number> {
    commandText(run, command);
    const known = this.#storage.runs.get(run);
    if (known === undefined) throw unknownRun(run);
    if (known.items.size >= INBOX_ITEMS_MAX) throw inboxFull(run);
    const item = this.#storage.itemRuns.size + 1;
    this.#storage.itemRuns.set(item, known);
    known.items.set(item, { item, run, command, atMs: this.#nowMs() });
    for (const listener of known.listeners) listener();
    return item;
  }

  inbox(run: string): Promise<readonly InboxItem[]> {
    return Promise.resolve([...(this.#storage.runs.get(run)?.items.values() ?? [])]);
  }

  answer(item: number): Promise<InboxAnswer | undefined> {
    return Promise.resolve(this.#storage.answers.get(item));
  }

  watchInbox(run: string, listener: () => void): () => void {
    const known = this.#storage.runs.get(run);
    if (known === undefined) return () => undefined;
    known.listeners.add(listener);
    if (known.items.size > 0) queueMicrotask(listener);
    return () => known.listeners.delete(listener);
  }

  prune(query: PruneQuery): Promise<PruneReport> {
    return Promise.resolve(pruneMemory(this.#storage, query));
  }

  close(): Promise<void> {
    for (const run of this.#storage.runs.values()) if (run.owner === this) run.owner = undefined;
    return DONE;
  }

  /** All or nothing. */
  #store(events: readonly RunEvent[], answers: readonly InboxAnswer[]): JournalConflictError | undefined {
    const [first] = events;
    if (first?.type === "run.created" && !this.#storage.runs.has(first.run)) this.#create(first);
    const run = this.#runOf(first, answers);
    const isForeign = answers.some((answer) => this.#ofItem(answer) !== run);
    const reason = isForeign ? "not-held" : this.#conflictOf(run, first);
    if (reason !== undefined) return new JournalConflictError(first?.run ?? "", first?.seq ?? 0, reason);
    if (run !== undefined) for (const event of events) this.#add(run, event);
    return undefined;
  }

  #runOf(first: RunEvent | undefined, answers: readonly InboxAnswer[]): MemoryRun | undefined {
    if (first !== undefined) return this.#storage.runs.get(first.run);
    return answers[0] === undefined ? undefined : this.#ofItem(answers[0]);
  }

  #ofItem({ item }: InboxAnswer): MemoryRun | undefined {
    return this.#storage.itemRuns.get(item);
  }

  #conflictOf(run: MemoryRun | undefined, first: RunEvent | undefined): JournalConflictReason | undefined {
    if (run?.owner !== this) return "not-held";
    return first !== undefined && first.seq !== run.events.length + 1 ? "not-next" : undefined;
  }

  #create({ run, tenant, name, atMs }: RunEventOf<"run.created">): void {
    const created: MemoryRun = {
      summary: { run, tenant, name, createdAtMs: atMs },
      number: this.#storage.runs.size,
      events: [],
      status: "running",
      owner: this,
      ownedSinceMs: this.#nowMs(),
      items: new Map(),
      listeners: new Set(),
    };
    this.#storage.runs.set(run, created);
  }

  #add(run: MemoryRun, event: RunEvent): void {
    run.events.push(event);
    const status = statusAfter(event.type);
    if (status === undefined) return;
    run.status = status;
    if (status !== "running") run.owner = undefined;
  }

  #settle(answer: InboxAnswer): void {
    if (this.#storage.answers.has(answer.item)) return;
    this.#storage.answers.set(answer.item, answer);
    this.#storage.itemRuns.get(answer.item)?.items.delete(answer.item);
  }

  #own(run: MemoryRun): void {
    run.owner = this;
    run.ownedSinceMs = this.#nowMs();
  }
}

function ownedError(run: string, sinceMs: number): RunOwnedError {
  const { pid, hostName } = thisProcess();
  return new RunOwnedError(run, { pid, host: hostName, sinceMs, leaseUntilMs: Number.MAX_SAFE_INTEGER });
}
