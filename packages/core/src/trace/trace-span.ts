/**
 * What a trace is made of: stretches of time with a kind, a name and an outcome. All times are milliseconds since the run was
 * created; of a run that a task has started, since the run at the top was.
 */

export type SpanKind = "run" | "node" | "task" | "attempt" | "wait" | "model";

/** `open`: it was under way when the trace ends. `retried`: another attempt followed. */
export type SpanStatus =
  | "open"
  | "succeeded"
  | "failed"
  | "retried"
  | "skipped"
  | "cancelled"
  | "in_doubt"
  | "suspended";

/**
 * What time is waited for. `queue`: a place among the calls that may be under way. `doubt`: somebody who says what became of a
 * call. `budget`: more budget. `recovery`: the run's process had died; at most that long, since nobody saw it die.
 */
export type WaitCause =
  | "queue"
  | "back-off"
  | "approval"
  | "signal"
  | "event"
  | "time"
  | "child"
  | "doubt"
  | "budget"
  | "recovery";

/** Milliseconds by cause; a cause that took no time is absent. */
export type Waits = Partial<Record<WaitCause, number>>;

/** `pruned`: it is not in the store any more. `untold`: another mesh has said nothing of it, yet. `limit`: too deep, or too many. */
export type ChildAbsence = "pruned" | "untold" | "limit";

export interface SpanFacts {
  readonly tool?: string;
  readonly attempt?: number;
  /** Why an attempt was followed by another one. */
  readonly retry?: string;
  /** The code of an error. */
  readonly error?: string;
  /** What a wait was for, when it was for more than one thing. */
  readonly waits?: Readonly<Waits>;
  readonly elements?: number;
  /** The run that the outcome of a task was taken over from: it did not run here. */
  readonly reusedFrom?: string;
  /** The run behind a task: of this mesh, or of another one. */
  readonly child?: string;
  /** Why the spans of that run are not here. */
  readonly childAbsence?: ChildAbsence;
  /** Of a run that a task has started: its id, and whether another mesh tells of it. */
  readonly run?: string;
  readonly isRemote?: boolean;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly costMicroUsd?: number;
  /** `hit`: no call was made, an earlier result was given again. Of a planner: an earlier plan. */
  readonly cache?: "hit";
}

/** Changed by the fold alone. */
export interface TraceSpan {
  /** From 1, which is the run at the top. */
  readonly id: number;
  /** The span that holds it: of a run that a task has started, the task. Absent for the run at the top. */
  readonly parent?: number;
  readonly kind: SpanKind;
  readonly name: string;
  readonly startMs: number;
  endMs: number;
  status: SpanStatus;
  facts: SpanFacts;
}

export type SpanBeginning = Omit<TraceSpan, "id" | "facts"> & { readonly facts?: SpanFacts };

/** The spans of one trace, in the order in which they became known. */
export class SpanList {
  readonly spans: TraceSpan[] = [];
  readonly #firstId: number;

  constructor(firstId: number) {
    this.#firstId = firstId;
  }

  add({ facts, ...beginning }: SpanBeginning): TraceSpan {
    const span: TraceSpan = { id: this.#firstId + this.spans.length, ...beginning, facts: facts ?? {} };
    this.spans.push(span);
    return span;
  }
}

export function addWait(waits: Waits, cause: WaitCause, ms: number): void {
  if (ms > 0) waits[cause] = (waits[cause] ?? 0) + ms;
}

export function addWaits(waits: Waits, more: Readonly<Waits>): void {
  for (const [cause, ms] of Object.entries(more)) addWait(waits, cause as WaitCause, ms);
}

export function totalOf(waits: Readonly<Waits>): number {
  return Object.values(waits).reduce((sum, ms) => sum + ms, 0);
}
