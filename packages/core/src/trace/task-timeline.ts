/** One task over time: attempts and waits, one after the other without a gap, from when it could start to when it was over. */
import type { HeldTime } from "./held-time.ts";
import type { TraceLink } from "./run-trace.ts";
import {
  addWait,
  addWaits,
  type SpanFacts,
  type SpanList,
  type SpanStatus,
  totalOf,
  type TraceSpan,
  type WaitCause,
  type Waits,
} from "./trace-span.ts";

type Phase =
  | { readonly kind: "attempt"; readonly span: TraceSpan }
  | { readonly kind: "wait"; readonly cause: WaitCause; readonly startMs: number; readonly dueMs?: number };

export interface PhaseEnd {
  readonly status: SpanStatus;
  readonly facts?: SpanFacts;
}

export interface TaskBeginning {
  readonly key: string;
  /** Of the whole task. */
  readonly span: TraceSpan;
  /** The `each` that it is an element of. */
  readonly group: TaskTimeline | undefined;
  readonly dependencies: readonly TaskTimeline[];
  readonly cause: TraceLink | undefined;
  /** It never could start: something before it failed. */
  readonly isBlocked: boolean;
}

export class TaskTimeline {
  readonly key: string;
  readonly span: TraceSpan;
  readonly group: TaskTimeline | undefined;
  readonly dependencies: readonly TaskTimeline[];
  readonly cause: TraceLink | undefined;
  readonly isBlocked: boolean;
  readonly waits: Waits = {};
  /** Of an `each`: up to when its list was known, and its element that was over last. */
  expansion: TraceLink | undefined;
  lastElement: TraceLink | undefined;
  /** Once it is over, or the trace is. */
  link: TraceLink | undefined;
  /** Where arrows from and to it are drawn: its attempts, or its waits when nothing was called. */
  readonly anchors: TraceSpan[] = [];
  readonly #spans: SpanList;
  readonly #held: HeldTime;
  #phase: Phase | undefined;

  constructor(beginning: TaskBeginning, { spans, held }: { readonly spans: SpanList; readonly held: HeldTime }) {
    this.key = beginning.key;
    this.span = beginning.span;
    this.group = beginning.group;
    this.dependencies = beginning.dependencies;
    this.cause = beginning.cause;
    this.isBlocked = beginning.isBlocked;
    this.#spans = spans;
    this.#held = held;
  }

  /** The dependency that finished last. */
  get latest(): TaskTimeline | undefined {
    return latestOf(this.dependencies);
  }

  /** Whether it does something or waits at this moment. */
  get isActive(): boolean {
    return this.#phase !== undefined;
  }

  /** `dueMs`: when a back-off is over; what comes after it is queueing. */
  wait(cause: WaitCause, startMs: number, dueMs?: number): void {
    this.#phase = { kind: "wait", cause, startMs, ...(dueMs === undefined ? {} : { dueMs }) };
  }

  attempt(startMs: number, facts: SpanFacts & { readonly attempt: number }): TraceSpan {
    const name = `${this.key}#${facts.attempt}`;
    const span = this.#spans.add({
      parent: this.span.id,
      kind: "attempt",
      name,
      startMs,
      endMs: startMs,
      status: "open",
      facts,
    });
    if (this.anchors[0]?.kind === "wait") this.anchors.length = 0;
    this.anchors.push(span);
    this.#phase = { kind: "attempt", span };
    return span;
  }

  /** Ends the attempt or wait that is under way. */
  close(atMs: number, end: PhaseEnd): void {
    const phase = this.#phase;
    this.#phase = undefined;
    if (phase === undefined) return;
    if (phase.kind === "attempt") return this.#closeAttempt(phase.span, atMs, end);
    const { cause, startMs, dueMs } = phase;
    const endMs = Math.max(startMs, atMs);
    if (dueMs === undefined) return this.#addWait(cause, { startMs, endMs, status: end.status });
    const middleMs = Math.min(Math.max(startMs, dueMs), endMs);
    this.#addWait(cause, { startMs, endMs: middleMs, status: middleMs < endMs ? "succeeded" : end.status });
    this.#addWait("queue", { startMs: middleMs, endMs, status: end.status });
  }

  #closeAttempt(span: TraceSpan, atMs: number, { status, facts }: PhaseEnd): void {
    span.endMs = Math.max(span.startMs, atMs);
    span.status = status;
    span.facts = { ...span.facts, ...facts };
    addWait(this.waits, "recovery", this.#held.within(span.startMs, span.endMs).recovery ?? 0);
  }

  /** A queue in which the whole run was held up has waited for what held it up. */
  #addWait(
    cause: WaitCause,
    { startMs, endMs, status }: { readonly startMs: number; readonly endMs: number; readonly status: SpanStatus },
  ): void {
    const isPlain = cause === "queue" || cause === "back-off";
    if (isPlain && endMs === startMs) return;
    const waits: Waits = cause === "queue" ? this.#held.within(startMs, endMs) : {};
    addWait(waits, cause, endMs - startMs - totalOf(waits));
    addWaits(this.waits, waits);
    const span = this.#spans.add({
      parent: this.span.id,
      kind: "wait",
      name: Object.keys(waits).length === 0 ? cause : longestOf(waits),
      startMs,
      endMs,
      status: status === "open" ? "open" : "succeeded",
      facts: Object.keys(waits).length > 1 ? { waits } : {},
    });
    if (!isPlain && this.anchors[0]?.kind !== "attempt") this.anchors.push(span);
  }
}

export function latestOf(tasks: readonly TaskTimeline[]): TaskTimeline | undefined {
  let latest: TaskTimeline | undefined;
  for (const task of tasks)
    if (task.link !== undefined && task.link.endSeq > (latest?.link?.endSeq ?? 0)) latest = task;
  return latest;
}

function longestOf(waits: Readonly<Waits>): string {
  const [longest] = Object.entries(waits).toSorted(([, left], [, right]) => right - left);
  return longest?.[0] ?? "queue";
}
