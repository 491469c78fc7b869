/**
 * A trace as Perfetto and chrome://tracing read it, in the JSON object form of the Trace Event Format. The process is the run;
 * lanes are its threads. Times are whole microseconds since the run was created.
 */
import { criticalPath } from "./critical-path.ts";
import type { RunTrace } from "./run-trace.ts";
import { laneNumbers } from "./trace-lane.ts";
import type { SpanKind, TraceSpan } from "./trace-span.ts";

type EventArgs = Readonly<Record<string, unknown>>;

interface Moment {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
}

type MetadataEvent = Omit<Moment, "ts" | "cat"> & { readonly ph: "M"; readonly args: EventArgs };

/** `X`: a span. `s`, `f`: the two ends of an arrow. `C`: the value of a counter from then on. `i`: a moment. */
type TimedEvent =
  | (Moment & { readonly ph: "X"; readonly dur: number; readonly args: EventArgs })
  | (Moment & { readonly ph: "s"; readonly id: number })
  | (Moment & { readonly ph: "f"; readonly id: number; readonly bp: "e" })
  | (Moment & { readonly ph: "C"; readonly args: Readonly<Record<string, number>> })
  | (Moment & { readonly ph: "i"; readonly s: "p" });
/** `M`: a name. */
export type ChromeEvent = TimedEvent | MetadataEvent;

export interface ChromeTrace {
  readonly traceEvents: readonly ChromeEvent[];
  readonly displayTimeUnit: "ms";
  readonly otherData: EventArgs;
}

const PID = 1;
const RUN_LANE = 1;
const MICROSECONDS = 1_000;

/** Queues that are drawn side by side; a counter tells of all. Thousands of tasks may queue, and nobody reads as many lanes. */
export const QUEUE_LANES_MAX = 100;

/** From top to bottom. */
const FAMILIES = ["run", "nodes", "models", "each", "slot", "waits", "queue"] as const;
type Family = (typeof FAMILIES)[number];
const FAMILY_OF: Readonly<Record<SpanKind, Family>> = {
  run: "run",
  node: "nodes",
  model: "models",
  task: "each",
  attempt: "slot",
  wait: "waits",
};

export function chromeTrace(trace: RunTrace): ChromeTrace {
  const drawn = trace.spans.filter(isDrawn);
  const lanes = lanesOf(drawn);
  const queuesLeftOut = drawn.length - lanes.of.size;
  const critical = new Set(criticalPath(trace).map(({ span }) => span));
  const slices = [...lanes.of].map(([span, tid]) => sliceOf(span, tid, critical));
  const moments = trace.marks.map(({ kind, name, atMs }): TimedEvent => ({
    ph: "i",
    name,
    cat: kind,
    ...at(RUN_LANE, atMs),
    s: "p",
  }));
  const timed = [...slices, ...arrowsOf(trace, lanes.of), ...moments, ...countersOf(trace.spans)];
  const { run, name, status, seq, isComplete, createdAtMs } = trace;
  return {
    traceEvents: [...processNames(trace), ...lanes.names, ...timed.toSorted((left, right) => left.ts - right.ts)],
    displayTimeUnit: "ms",
    otherData: { run, name, status, seq, isComplete, createdAtMs, queuesLeftOut },
  };
}

function familyOf({ kind, name }: TraceSpan): Family {
  return kind === "wait" && name === "queue" ? "queue" : FAMILY_OF[kind];
}

/** A task is drawn as its attempts and waits; only an `each` has a slice of its own, over its elements. */
function isDrawn({ kind, facts }: TraceSpan): boolean {
  return kind !== "task" || facts.elements !== undefined;
}

interface Lanes {
  /** The lane (`tid`) of each span that is drawn. */
  readonly of: ReadonlyMap<TraceSpan, number>;
  readonly names: readonly MetadataEvent[];
}

function lanesOf(spans: readonly TraceSpan[]): Lanes {
  const of = new Map<TraceSpan, number>();
  const names: MetadataEvent[] = [];
  let first = RUN_LANE;
  for (const family of FAMILIES) {
    const members = spans.filter((span) => familyOf(span) === family);
    let count = 0;
    for (const [index, lane] of laneNumbers(members, family === "queue" ? QUEUE_LANES_MAX : undefined).entries()) {
      const span = members[index];
      if (span === undefined || lane === undefined) continue;
      of.set(span, first + lane);
      count = Math.max(count, lane + 1);
    }
    for (let lane = 0; lane < count; lane++) names.push(...laneNames(first + lane, laneName(family, lane, count)));
    first += count;
  }
  return { of, names };
}

function laneName(family: Family, lane: number, count: number): string {
  return count === 1 && family !== "slot" ? family : `${family} ${lane + 1}`;
}

function laneNames(tid: number, name: string): readonly MetadataEvent[] {
  return [
    { ph: "M", name: "thread_name", pid: PID, tid, args: { name } },
    { ph: "M", name: "thread_sort_index", pid: PID, tid, args: { sort_index: tid } },
  ];
}

function processNames({ run, name, status, seq, isComplete }: RunTrace): readonly MetadataEvent[] {
  const labels = isComplete ? status : `${status}, up to event ${seq}`;
  return [
    { ph: "M", name: "process_name", pid: PID, tid: RUN_LANE, args: { name: `${run} ${name}` } },
    { ph: "M", name: "process_labels", pid: PID, tid: RUN_LANE, args: { labels } },
  ];
}

function sliceOf(span: TraceSpan, tid: number, critical: ReadonlySet<number>): TimedEvent {
  const { id, parent, kind, name, startMs, endMs, status, facts } = span;
  const isCritical = critical.has(id) || (kind !== "run" && critical.has(parent ?? 0));
  return {
    ph: "X",
    name,
    cat: kind,
    ...at(tid, startMs),
    dur: (endMs - startMs) * MICROSECONDS,
    args: { span: id, status, ...facts, ...(status === "open" ? { isOpen: true } : {}), critical: isCritical },
  };
}

/** An arrow from each dependency to each task that waited for it, from the end of the one to the start of the other. */
function arrowsOf({ tasks }: RunTrace, laneOf: ReadonlyMap<TraceSpan, number>): readonly TimedEvent[] {
  const arrows: TimedEvent[] = [];
  let id = 0;
  for (const task of tasks) {
    const to = task.expansion === undefined ? task.anchors[0] : task.span;
    const toLane = to === undefined ? undefined : laneOf.get(to);
    if (to === undefined || toLane === undefined) continue;
    for (const dependency of task.dependencies) {
      const from = dependency.expansion === undefined ? dependency.anchors.at(-1) : dependency.span;
      const fromLane = from === undefined ? undefined : laneOf.get(from);
      if (from === undefined || fromLane === undefined) continue;
      const arrow = { name: "dependency", cat: "dependency", id: ++id };
      arrows.push({ ph: "s", ...arrow, pid: PID, tid: fromLane, ts: lastMicrosecondOf(from) });
      arrows.push({ ph: "f", ...arrow, ...at(toLane, to.startMs), bp: "e" });
    }
  }
  return arrows;
}

/** An arrow belongs to the slice that is open when it begins. */
function lastMicrosecondOf({ startMs, endMs }: TraceSpan): number {
  return Math.max(startMs * MICROSECONDS, endMs * MICROSECONDS - 1);
}

function countersOf(spans: readonly TraceSpan[]): readonly TimedEvent[] {
  const calls = spans.filter(({ kind }) => kind === "attempt");
  const queues = spans.filter((span) => familyOf(span) === "queue");
  return [
    ...usageCounters(spans),
    ...concurrency("calls under way", "calls", calls),
    ...concurrency("tasks in the queue", "tasks", queues),
  ];
}

function usageCounters(spans: readonly TraceSpan[]): readonly TimedEvent[] {
  const calls = spans.filter(({ kind }) => kind === "model").toSorted((left, right) => left.endMs - right.endMs);
  const events: TimedEvent[] = [];
  let [input, output, microUsd] = [0, 0, 0];
  for (const { endMs, facts } of calls) {
    input += facts.inputTokens ?? 0;
    output += facts.outputTokens ?? 0;
    microUsd += facts.costMicroUsd ?? 0;
    events.push(counter("tokens", endMs, { input, output }));
    if (facts.costMicroUsd !== undefined) events.push(counter("cost", endMs, { microUsd }));
  }
  return events;
}

/** How many of these spans there are at once. */
function concurrency(name: string, unit: string, spans: readonly TraceSpan[]): readonly TimedEvent[] {
  const changes = new Map<number, number>();
  const change = (atMs: number, by: number): Map<number, number> => changes.set(atMs, (changes.get(atMs) ?? 0) + by);
  for (const { startMs, endMs } of spans) {
    change(startMs, 1);
    change(endMs, -1);
  }
  let count = 0;
  return [...changes]
    .toSorted(([left], [right]) => left - right)
    .map(([atMs, by]) => {
      count += by;
      return counter(name, atMs, { [unit]: count });
    });
}

function counter(name: string, atMs: number, args: Readonly<Record<string, number>>): TimedEvent {
  return { ph: "C", name, cat: "counter", ...at(RUN_LANE, atMs), args };
}

function at(tid: number, atMs: number): { readonly pid: number; readonly tid: number; readonly ts: number } {
  return { pid: PID, tid, ts: atMs * MICROSECONDS };
}
