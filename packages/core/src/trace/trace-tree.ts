/**
 * The trace of a run with the runs that its tasks have started, and those that theirs have: one trace, in which times count
 * from the creation of the run at the top, and every span has a number of its own.
 */
import type { Json } from "../json.ts";
import type { Payload } from "../payload.ts";
import type { RunEvent } from "../run-event.ts";
import { remoteTrace } from "./remote-trace.ts";
import { type RunTrace, type TraceChild, type TraceFrame, traceRun } from "./run-trace.ts";
import type { ChildAbsence } from "./trace-span.ts";

/** What the runs below are read off. */
export interface TraceSources {
  /** Of a run of this mesh, by id: its events, or why there are none. A run that is not named here is not shown either. */
  readonly runs: ReadonlyMap<string, readonly RunEvent[] | "pruned">;
  /** The value of a payload; undefined when it is lost. */
  readonly value: (payload: Payload) => Json | undefined;
}

/** The runs of this mesh that a run has started, each once. */
export function startedRuns(events: readonly RunEvent[]): readonly string[] {
  return [...new Set(events.flatMap((event) => (event.type === "child.started" ? (event.child ?? []) : [])))];
}

/** Throws JournalOrderError for events that are not the beginning of one journal. */
export function traceTree(events: readonly RunEvent[], { runs, value }: TraceSources): RunTrace {
  const originMs = events[0]?.atMs ?? 0;
  const untilMs = newestMs([events, ...runs.values()]) - originMs;
  const root = traceRun(events, { originMs, fromMs: 0, untilMs, firstSpan: 1 });
  const shown = new Set([root.run]);
  let spans = root.spans.length;
  const open = [root];
  for (let parent = open.shift(); parent !== undefined; parent = open.shift())
    for (const child of parent.children) {
      const frame = { originMs, firstSpan: spans + 1, ...placeOf(child, untilMs) };
      const trace = child.isRemote ? remoteChild(child, value, frame) : localChild(child, { runs, shown }, frame);
      if (typeof trace === "string") {
        child.task.span.facts = { ...child.task.span.facts, childAbsence: trace };
        continue;
      }
      child.trace = trace;
      spans += trace.spans.length;
      open.push(trace);
    }
  return root;
}

function newestMs(journals: readonly (readonly RunEvent[] | "pruned")[]): number {
  const ends = journals.map((events) => (events === "pruned" ? 0 : (events.at(-1)?.atMs ?? 0)));
  return ends.reduce((newest, atMs) => Math.max(newest, atMs), 0);
}

/** Within its task, which may go on. */
function placeOf({ task: { span } }: TraceChild, untilMs: number): Pick<TraceFrame, "fromMs" | "untilMs" | "parent"> {
  const endMs = span.status === "open" ? Math.max(untilMs, span.endMs) : span.endMs;
  return { fromMs: span.startMs, untilMs: endMs, parent: span.id };
}

function remoteChild(
  { run, spans }: TraceChild,
  value: TraceSources["value"],
  frame: TraceFrame,
): RunTrace | ChildAbsence {
  const told = spans === undefined ? undefined : value(spans);
  return remoteTrace(run ?? "", told, frame) ?? "untold";
}

interface Journals {
  readonly runs: TraceSources["runs"];
  /** Each run is shown once. */
  readonly shown: Set<string>;
}

function localChild({ run = "" }: TraceChild, { runs, shown }: Journals, frame: TraceFrame): RunTrace | ChildAbsence {
  const events = runs.get(run);
  if (events === undefined || shown.has(run)) return "limit";
  if (events === "pruned") return "pruned";
  shown.add(run);
  return traceRun(events, frame);
}
