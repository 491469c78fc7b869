/**
 * What is to be stored for each run by one statement: all appends and releases of a batch, put together after those were left
 * out that are not the next of their run. Memory knows the end of every run that is held; the statement looks at the owner.
 */
import type { MeshError, RunEvent } from "@agentmesh/core";
import { type InboxAnswer, JournalConflictError, type RunSummary, type StoredBlob } from "@agentmesh/ports";
import { type ChainedEvent, chainedEvent, firstSum, statusAfter } from "@agentmesh/store";
import { isKey, keyError } from "./column-text.ts";
import type { HeldRun, RunLeases } from "./run-leases.ts";

export interface AppendRequest {
  readonly events: readonly RunEvent[];
  readonly blobs: readonly StoredBlob[];
  readonly answers: readonly InboxAnswer[];
  /** The run to give back afterwards. */
  readonly release?: string;
}

type RunCreated = Extract<RunEvent, { type: "run.created" }>;

/** What a batch does to one run. */
export interface RunChange {
  readonly run: string;
  /** Absent for a run that is created. */
  readonly held?: HeldRun;
  readonly created?: RunCreated;
  readonly events: ChainedEvent[];
  readonly blobs: Map<string, string>;
  readonly answers: InboxAnswer[];
  status?: RunSummary["status"];
  isReleased: boolean;
  seq: number;
  sum: number;
}

export class AppendBatch {
  readonly #leases: RunLeases;
  readonly #runOfItem: (item: number) => string | undefined;
  readonly #changes = new Map<string, RunChange>();

  constructor(leases: RunLeases, runOfItem: (item: number) => string | undefined) {
    this.#leases = leases;
    this.#runOfItem = runOfItem;
  }

  get changes(): readonly RunChange[] {
    return [...this.#changes.values()];
  }

  /** What the request becomes a part of; undefined when it changes nothing. Throws JournalConflictError, or what broke the run. */
  add(request: AppendRequest): RunChange | undefined {
    if (request.release !== undefined) return this.#release(request.release);
    const { events, blobs, answers } = request;
    const run = this.#runOf(request);
    if (run === undefined) return undefined;
    const change = this.#changeFor(run, events);
    for (const event of events) addEvent(change, event);
    for (const { hash, text } of blobs) change.blobs.set(hash, text);
    change.answers.push(...answers);
    return change;
  }

  #release(run: string): RunChange | undefined {
    const known = this.#changes.get(run);
    const held = this.#leases.heldOrNone(run);
    if (known === undefined && held === undefined) {
      this.#leases.forget(run); // one that a failure has broken is forgotten
      return undefined;
    }
    const change = known ?? changeOf(held);
    this.#changes.set(run, change);
    change.isReleased = true;
    return change;
  }

  /** The one run that events and answers are of; undefined when there are none. */
  #runOf({ events, answers }: AppendRequest): string | undefined {
    const [first] = events;
    const [answer] = answers;
    const run = first?.run ?? (answer === undefined ? undefined : this.#runOfItem(answer.item));
    if (run === undefined) return undefined;
    const isForeign = answers.some(({ item }) => this.#runOfItem(item) !== run);
    if (isForeign) throw new JournalConflictError(run, first?.seq ?? 0, "not-held");
    return run;
  }

  #changeFor(run: string, events: readonly RunEvent[]): RunChange {
    const [first] = events;
    const seq = first?.seq ?? 0;
    const isGapless = events.every((event, index) => event.run === run && event.seq === seq + index);
    if (!isGapless) throw new JournalConflictError(run, seq);
    const change = first?.type === "run.created" ? this.#created(first) : this.#current(run, seq);
    if (first !== undefined && seq !== change.seq + 1) throw new JournalConflictError(run, seq);
    this.#changes.set(run, change);
    return change;
  }

  #current(run: string, seq: number): RunChange {
    const known = this.#changes.get(run);
    if (known?.isReleased === true) throw new JournalConflictError(run, seq, "not-held");
    return known ?? changeOf(this.#leases.held(run, seq));
  }

  #created(created: RunCreated): RunChange {
    const { run, tenant, seq } = created;
    if (!isKey(run)) throw keyError("run", run);
    if (!isKey(tenant)) throw keyError("tenant", tenant);
    if (this.#changes.has(run) || this.#leases.isHeld(run)) throw new JournalConflictError(run, seq);
    return { run, created, ...nothing(), seq: 0, sum: firstSum(run) };
  }
}

/** Of a request whose run the statement did not change: another has it, or it exists. */
export function refusalOf({ run, created, events }: RunChange, { events: asked }: AppendRequest): MeshError {
  const seq = asked[0]?.seq ?? events[0]?.seq ?? 0;
  return new JournalConflictError(run, seq, created === undefined ? "taken" : "not-next");
}

function changeOf(held: HeldRun | undefined): RunChange {
  const { run = "", seq = 0, sum = 0 } = held ?? {};
  return { run, ...(held === undefined ? {} : { held }), ...nothing(), seq, sum };
}

function nothing(): Pick<RunChange, "events" | "blobs" | "answers" | "isReleased"> {
  return { events: [], blobs: new Map(), answers: [], isReleased: false };
}

function addEvent(change: RunChange, event: RunEvent): void {
  const chained = chainedEvent(event, change.sum);
  change.events.push(chained);
  change.seq = chained.seq;
  change.sum = chained.sum;
  const status = statusAfter(event.type);
  if (status === undefined) return;
  change.status = status;
  change.isReleased = status !== "running";
}
