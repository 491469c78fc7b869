/** A trace as one JSON document. */
import { type CriticalStep, criticalPath } from "./critical-path.ts";
import { type RunTrace, spansWithin } from "./run-trace.ts";
import { addWaits, type TraceSpan, type Waits } from "./trace-span.ts";

export interface TraceDocument {
  readonly run: string;
  readonly name: string;
  readonly status: RunTrace["status"];
  /** The last event that it holds, and whether that was the run's end. */
  readonly seq: number;
  readonly isComplete: boolean;
  readonly createdAtMs: number;
  readonly durationMs: number;
  /** With those of the runs that it has started. */
  readonly spans: readonly TraceSpan[];
  readonly criticalPath: readonly CriticalStep[];
  readonly waits: TraceWaits;
}

/** Milliseconds by cause: of all tasks together, and of each that waited. */
export interface TraceWaits {
  readonly total: Readonly<Waits>;
  readonly tasks: Readonly<Record<string, Readonly<Waits>>>;
}

export function traceDocument(trace: RunTrace): TraceDocument {
  const { run, name, status, seq, isComplete, createdAtMs, durationMs } = trace;
  const path = criticalPath(trace);
  return {
    run,
    name,
    status,
    seq,
    isComplete,
    createdAtMs,
    durationMs,
    spans: spansWithin(trace),
    criticalPath: path,
    waits: waitsOf(trace),
  };
}

export function waitsOf({ tasks }: RunTrace): TraceWaits {
  const total: Waits = {};
  const each = new Map<string, Waits>();
  for (const { key, waits } of tasks) {
    addWaits(total, waits);
    if (Object.keys(waits).length === 0) continue;
    const known = each.get(key) ?? {};
    addWaits(known, waits);
    each.set(key, known);
  }
  return { total, tasks: Object.fromEntries(each) };
}
