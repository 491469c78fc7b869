/**
 * A trace as Perfetto and chrome://tracing read it, in the JSON object form of the Trace Event Format. Each run is a process;
 * lanes are its threads. Times are whole microseconds since the run at the top was created.
 */
import { criticalPath } from "./critical-path.ts";
import { type RunTrace, runsWithin, type TraceChild } from "./run-trace.ts";
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
  const critical = new Set(criticalPath(trace).map(({ span }) => span));
  const places = new Map(runsWithin(trace).map((one, index) => [one, placeOf(one, index + 1)]));
  const arrows = { count: 0 };
  const timed = [...places].flatMap(([one, place]) => [
    ...[...place.lanes].map(([span, tid]) => sliceOf(span, { pid: place.pid, tid }, critical)),
    ...arrowsOf(one, place, arrows),
    ...momentsOf(one, place),
    ...countersOf(one.spans, place),
  ]);
  const calls = [...places].flatMap(([one, place]) =>
    one.children.flatMap((child) => callArrow(child, { place, places, arrows })),
  );
  const { run, name, status, seq, isComplete, createdAtMs } = trace;
  const all = [...places.values()];
  const queuesLeftOut = all.reduce((sum, place) => sum + place.queuesLeftOut, 0);
  return {
    traceEvents: [
      ...all.flatMap(({ names }) => names),
      ...[...timed, ...calls].toSorted((left, right) => left.ts - right.ts),
    ],
    displayTimeUnit: "ms",
    otherData: { run, name, status, seq, isComplete, createdAtMs, queuesLeftOut },
  };
}

/** Where a run is drawn. */
interface RunPlace {
  readonly pid: number;
  /** The lane (`tid`) of each span that is drawn. */
  readonly lanes: ReadonlyMap<TraceSpan, number>;
  readonly names: readonly MetadataEvent[];
  readonly queuesLeftOut: number;
}

interface Lane {
  readonly pid: number;
  readonly tid: number;
}

function placeOf(trace: RunTrace, pid: number): RunPlace {
  const drawn = trace.spans.filter(isDrawn);
  const { of: lanes, names } = lanesOf(drawn, pid);
  const queuesLeftOut = drawn.length - lanes.size;
  return { pid, lanes, names: [...processNames(trace, pid), ...names], queuesLeftOut };
}

function momentsOf({ marks }: RunTrace, { pid }: RunPlace): readonly TimedEvent[] {
  return marks.map(({ kind, name, atMs }) => ({
    ph: "i",
    name,
    cat: kind,
    ...at({ pid, tid: RUN_LANE }, atMs),
    s: "p",
  }));
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

function lanesOf(spans: readonly TraceSpan[], pid: number): Lanes {
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
    for (let lane = 0; lane < count; lane++)
      names.push(...laneNames({ pid, tid: first + lane }, laneName(family, lane, count)));
    first += count;
  }
  return { of, names };
}

function laneName(family: Family, lane: number, count: number): string {
  return count === 1 && family !== "slot" ? family : `${family} ${lane + 1}`;
}

function laneNames(lane: Lane, name: string): readonly MetadataEvent[] {
  return [
    { ph: "M", name: "thread_name", ...lane, args: { name } },
    { ph: "M", name: "thread_sort_index", ...lane, args: { sort_index: lane.tid } },
  ];
}

function processNames({ run, name, status, seq, isComplete, spans }: RunTrace, pid: number): readonly MetadataEvent[] {
  const isRemote = spans[0]?.facts.isRemote === true;
  const labels = [status, ...(isRemote ? ["remote"] : []), ...(isComplete || isRemote ? [] : [`up to event ${seq}`])];
  const lane = { pid, tid: RUN_LANE };
  return [
    { ph: "M", name: "process_name", ...lane, args: { name: `${run} ${name}`.trim() } },
    { ph: "M", name: "process_labels", ...lane, args: { labels: labels.join(", ") } },
  ];
}

function sliceOf(span: TraceSpan, lane: Lane, critical: ReadonlySet<number>): TimedEvent {
  const { id, parent, kind, name, startMs, endMs, status, facts } = span;
  const isCritical = critical.has(id) || (kind !== "run" && critical.has(parent ?? 0));
  return {
    ph: "X",
    name,
    cat: kind,
    ...at(lane, startMs),
    dur: (endMs - startMs) * MICROSECONDS,
    args: { span: id, status, ...facts, ...(status === "open" ? { isOpen: true } : {}), critical: isCritical },
  };
}

/** Numbers the arrows of a file. */
interface ArrowCount {
  count: number;
}

/** An arrow from each dependency to each task that waited for it, from the end of the one to the start of the other. */
function arrowsOf({ tasks }: RunTrace, { pid, lanes }: RunPlace, arrows: ArrowCount): readonly TimedEvent[] {
  return tasks.flatMap((task) => {
    const to = task.expansion === undefined ? task.anchors[0] : task.span;
    const toLane = to === undefined ? undefined : lanes.get(to);
    if (to === undefined || toLane === undefined) return [];
    return task.dependencies.flatMap((dependency) => {
      const from = dependency.expansion === undefined ? dependency.anchors.at(-1) : dependency.span;
      const fromLane = from === undefined ? undefined : lanes.get(from);
      if (from === undefined || fromLane === undefined) return [];
      const arrow = { name: "dependency", cat: "dependency", id: ++arrows.count };
      const start: TimedEvent = { ph: "s", ...arrow, pid, tid: fromLane, ts: lastMicrosecondOf(from) };
      return [start, { ph: "f", ...arrow, ...at({ pid, tid: toLane }, to.startMs), bp: "e" } as const];
    });
  });
}

interface CallDrawing {
  /** Of the run that calls. */
  readonly place: RunPlace;
  readonly places: ReadonlyMap<RunTrace, RunPlace>;
  readonly arrows: ArrowCount;
}

/** From the attempt in which a run was started to that run. */
function callArrow({ task, trace }: TraceChild, { place, places, arrows }: CallDrawing): readonly TimedEvent[] {
  const called = trace === undefined ? undefined : places.get(trace);
  if (trace === undefined || called === undefined) return [];
  const from = task.anchors.findLast(({ startMs }) => startMs <= trace.startMs) ?? task.anchors[0];
  const tid = from === undefined ? undefined : place.lanes.get(from);
  if (from === undefined || tid === undefined) return [];
  const ts = Math.min(trace.startMs * MICROSECONDS, lastMicrosecondOf(from));
  const arrow = { name: "call", cat: "call", id: ++arrows.count };
  return [
    { ph: "s", ...arrow, pid: place.pid, tid, ts },
    { ph: "f", ...arrow, ...at({ pid: called.pid, tid: RUN_LANE }, trace.startMs), bp: "e" },
  ];
}

/** An arrow belongs to the slice that is open when it begins. */
function lastMicrosecondOf({ startMs, endMs }: TraceSpan): number {
  return Math.max(startMs * MICROSECONDS, endMs * MICROSECONDS - 1);
}

function countersOf(spans: readonly TraceSpan[], { pid }: RunPlace): readonly TimedEvent[] {
  const calls = spans.filter(({ kind }) => kind === "attempt");
  const queues = spans.filter((span) => familyOf(span) === "queue");
  const values = [
    ...usageCounters(spans),
    ...concurrency("calls under way", "calls", calls),
    ...concurrency("tasks in the queue", "tasks", queues),
  ];
  return values.map(({ name, atMs, args }) => ({
    ph: "C",
    name,
    cat: "counter",
    ...at({ pid, tid: RUN_LANE }, atMs),
    args,
  }));
}

/** The value of a counter from then on. */
interface CounterValue {
  readonly name: string;
  readonly atMs: number;
  readonly args: Readonly<Record<string, number>>;
}

function usageCounters(spans: readonly TraceSpan[]): readonly CounterValue[] {
  const calls = spans.filter(({ kind }) => kind === "model").toSorted((left, right) => left.endMs - right.endMs);
  const events: CounterValue[] = [];
  let [input, output, microUsd] = [0, 0, 0];
  for (const { endMs, facts } of calls) {
    input += facts.inputTokens ?? 0;
    output += facts.outputTokens ?? 0;
    microUsd += facts.costMicroUsd ?? 0;
    events.push({ name: "tokens", atMs: endMs, args: { input, output } });
    if (facts.costMicroUsd !== undefined) events.push({ name: "cost", atMs: endMs, args: { microUsd } });
  }
  return events;
}

/** How many of these spans there are at once. */
function concurrency(name: string, unit: string, spans: readonly TraceSpan[]): readonly CounterValue[] {
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
      return { name, atMs, args: { [unit]: count } };
    });
}

function at(lane: Lane, atMs: number): Lane & { readonly ts: number } {
  return { ...lane, ts: atMs * MICROSECONDS };
}
