/**
 * Where a run's time went, as a projection of its journal: spans, what led to what, and moments. Linear in the number of events.
 * Any beginning of a journal will do: what was under way then is open, and ends with the last event.
 */
import type { Payload } from "../payload.ts";
import type { RunEvent } from "../run-event.ts";
import type { PublicRunStatus } from "../run-view.ts";
import type { TaskTimeline } from "./task-timeline.ts";
import { TraceFold } from "./trace-fold.ts";
import type { TraceSpan, Waits } from "./trace-span.ts";

/** Something that ended, and what it could only begin after. A chain of these has no gap: one begins where its cause ends. */
export interface TraceLink {
  readonly span: TraceSpan;
  /** For an `each`: the part up to its list, or the part after its last element. */
  readonly part?: "expand" | "join";
  readonly endMs: number;
  /** Orders ends within one millisecond. */
  readonly endSeq: number;
  readonly cause: TraceLink | undefined;
  readonly waits: Readonly<Waits>;
}

/** A moment. */
export interface TraceMark {
  readonly kind:
    | "cancel"
    | "suspension"
    | "resumption"
    | "recovery"
    | "budget"
    | "doubt"
    | "signal"
    | "plan"
    | "reuse"
    | "drift";
  readonly name: string;
  readonly atMs: number;
}

/** A run that a task has started. */
export interface TraceChild {
  readonly task: TaskTimeline;
  /** Absent while another mesh has not named it. */
  run: string | undefined;
  readonly isRemote: boolean;
  /** What another mesh has told of it. */
  spans: Payload | undefined;
  /** Where it is shown. */
  trace: RunTrace | undefined;
}

export interface RunTrace {
  readonly run: string;
  readonly name: string;
  readonly status: PublicRunStatus;
  /** The last event that it holds. */
  readonly seq: number;
  /** Whether that was the run's end. */
  readonly isComplete: boolean;
  /** Since the Unix epoch; of the run at the top, every other time counts from here. */
  readonly createdAtMs: number;
  readonly startMs: number;
  readonly durationMs: number;
  /** The first is the run. */
  readonly spans: readonly TraceSpan[];
  readonly children: readonly TraceChild[];
  readonly tasks: readonly TaskTimeline[];
  readonly marks: readonly TraceMark[];
  /** What ended last; for a run that is not over, what has been under way longest. */
  readonly last: TraceLink | undefined;
  /** How the time between `last` and the end was waited, if there is any. */
  readonly tailWaits: Readonly<Waits>;
}

/** Where in another trace a run has its place. */
export interface TraceFrame {
  /** The time that all times count from, since the Unix epoch. */
  readonly originMs: number;
  /** Between these it lies, whatever its clock says. What is under way is open up to the second. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly firstSpan: number;
  /** The span of the task that has started it. */
  readonly parent?: number;
}

/** Without the runs that it has started, which `traceTree` adds. Throws JournalOrderError for events that are not the beginning of one journal. */
export function traceRun(events: Iterable<RunEvent>, frame?: TraceFrame): RunTrace {
  const fold = new TraceFold(frame);
  for (const event of events) fold.take(event);
  return fold.finish();
}

/** A run and all that are shown below it, each before those that it has started. */
export function runsWithin(trace: RunTrace): readonly RunTrace[] {
  const below = trace.children.flatMap((child) => (child.trace === undefined ? [] : runsWithin(child.trace)));
  return [trace, ...below];
}

/** The spans of all of them, in the order of their start. */
export function spansWithin(trace: RunTrace): readonly TraceSpan[] {
  const spans = runsWithin(trace).flatMap((run) => run.spans);
  return spans.toSorted((left, right) => left.startMs - right.startMs || left.id - right.id);
}
