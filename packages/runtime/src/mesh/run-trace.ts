/** Reads the trace of a run out of the store, with the runs that its tasks have started. */
import { type Json, type Payload, type RunEvent, type RunTrace, startedRuns, traceTree } from "@agentmesh/core";
import { UnknownRunError } from "./unknown-run-error.ts";

/** How many runs one trace shows, and how deep below the first; the others are named. */
export const TRACE_RUNS_MAX = 200;
export const TRACE_DEPTH_MAX = 16;

export interface TraceReading {
  /** Throws UnknownRunError. */
  readonly events: (run: string) => Promise<readonly RunEvent[]>;
  readonly value: (payload: Payload) => Json | undefined;
}

/** Throws UnknownRunError. */
export async function readTrace(run: string, { events, value }: TraceReading): Promise<RunTrace> {
  const root = await events(run);
  const runs = new Map<string, readonly RunEvent[] | "pruned">();
  let level: readonly (readonly RunEvent[])[] = [root];
  for (let depth = 1; depth <= TRACE_DEPTH_MAX && level.length > 0; depth++) {
    const next: (readonly RunEvent[])[] = [];
    for (const child of level.flatMap(startedRuns)) {
      if (child === run || runs.has(child) || runs.size >= TRACE_RUNS_MAX - 1) continue;
      const found = await eventsOrPruned(child, events);
      runs.set(child, found);
      if (found !== "pruned") next.push(found);
    }
    level = next;
  }
  return traceTree(root, { runs, value });
}

async function eventsOrPruned(run: string, events: TraceReading["events"]): Promise<readonly RunEvent[] | "pruned"> {
  try {
    return await events(run);
  } catch (error) {
    if (error instanceof UnknownRunError) return "pruned";
    throw error;
  }
}
