/**
 * Where a run's time went, as a projection of its journal: spans, what led to what, and moments. Linear in the number of events.
 * Any beginning of a journal will do: what was under way then is open, and ends with the last event.
 */
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

export interface RunTrace {
  readonly run: string;
  readonly name: string;
  readonly status: PublicRunStatus;
  /** The last event that it holds. */
  readonly seq: number;
  /** Whether that was the run's end. */
  readonly isComplete: boolean;
  /** Since the Unix epoch; every other time counts from here. */
  readonly createdAtMs: number;
  readonly durationMs: number;
  readonly spans: readonly TraceSpan[];
  readonly tasks: readonly TaskTimeline[];
  readonly marks: readonly TraceMark[];
  /** What ended last; for a run that is not over, what has been under way longest. */
  readonly last: TraceLink | undefined;
  /** How the time between `last` and the end was waited, if there is any. */
  readonly tailWaits: Readonly<Waits>;
}

/** Throws JournalOrderError for events that are not the beginning of one journal. */
export function traceRun(events: Iterable<RunEvent>): RunTrace {
  const fold = new TraceFold();
  for (const event of events) fold.take(event);
  return fold.finish();
}
