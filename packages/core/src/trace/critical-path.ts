/**
 * What the run's length is made of: from its end back through what finished last before each step. The steps follow one
 * another without a gap, so their durations add up to the run's. A shorter step makes a shorter run; other work does not.
 */
import type { RunTrace, TraceLink } from "./run-trace.ts";
import { type SpanKind, totalOf, type Waits } from "./trace-span.ts";

export interface CriticalStep {
  /** The span's id. */
  readonly span: number;
  readonly kind: SpanKind;
  readonly name: string;
  /** For an `each`: the part up to its list, or after its last element. */
  readonly part?: "expand" | "join";
  /** Where what came before it ended. */
  readonly startMs: number;
  readonly endMs: number;
  readonly durationMs: number;
  /** Its duration without its waits. */
  readonly ownMs: number;
  readonly waits: Readonly<Waits>;
}

/** First step first. */
export function criticalPath(trace: RunTrace): readonly CriticalStep[] {
  const steps = tailOf(trace);
  for (let link = trace.last; link !== undefined; link = link.cause)
    if (link.part !== "join" || link.endMs > startOf(link)) steps.push(stepOf(link));
  return steps.reverse();
}

/** What lies between the last thing that ended and the run's own end. */
function tailOf({ last, durationMs, tailWaits: waits }: RunTrace): CriticalStep[] {
  const startMs = last?.endMs ?? 0;
  const ms = durationMs - startMs;
  if (ms === 0) return [];
  const ownMs = ms - totalOf(waits);
  return [{ span: 1, kind: "run", name: "end", startMs, endMs: durationMs, durationMs: ms, ownMs, waits }];
}

function stepOf(link: TraceLink): CriticalStep {
  const { span, part, endMs, waits } = link;
  const startMs = startOf(link);
  const durationMs = endMs - startMs;
  return {
    span: span.id,
    kind: span.kind,
    name: span.name,
    ...(part === undefined ? {} : { part }),
    startMs,
    endMs,
    durationMs,
    ownMs: durationMs - totalOf(waits),
    waits,
  };
}

function startOf({ cause }: TraceLink): number {
  return cause?.endMs ?? 0;
}
