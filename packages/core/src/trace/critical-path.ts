/**
 * What the run's length is made of: from its end back through what finished last before each step. The steps follow one
 * another without a gap, so their durations add up to the run's. A shorter step makes a shorter run; other work does not.
 */
import type { RunTrace, TraceChild, TraceLink } from "./run-trace.ts";
import { addWait, type SpanKind, totalOf, type WaitCause, type Waits } from "./trace-span.ts";

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

/** First step first. A task that has started a run is that run's path, and what it did before and after. */
export function criticalPath(trace: RunTrace): readonly CriticalStep[] {
  const steps = tailOf(trace);
  const behind = Map.groupBy(trace.children, ({ task }) => task.span.id);
  for (let link = trace.last; link !== undefined; link = link.cause)
    if (link.part !== "join" || link.endMs > startOf(link, trace))
      steps.push(...stepsOf(link, trace, behind.get(link.span.id) ?? []).toReversed());
  return steps.reverse();
}

/** What lies between the last thing that ended and the run's own end. */
function tailOf({ spans, last, name, startMs: runStartMs, durationMs, tailWaits: waits }: RunTrace): CriticalStep[] {
  const [root] = spans;
  const startMs = last?.endMs ?? runStartMs;
  const endMs = runStartMs + durationMs;
  const ms = endMs - startMs;
  if (ms === 0) return [];
  const isUntold = root?.facts.isRemote === true;
  const ownMs = ms - totalOf(waits);
  return [
    { span: root?.id ?? 1, kind: "run", name: isUntold ? name : "end", startMs, endMs, durationMs: ms, ownMs, waits },
  ];
}

function stepsOf(link: TraceLink, trace: RunTrace, children: readonly TraceChild[]): readonly CriticalStep[] {
  const step = stepOf(link, trace);
  const runs = children.flatMap((child) => child.trace ?? []);
  if (runs.length === 0) return [step];
  const steps: CriticalStep[] = [];
  let atMs = step.startMs;
  for (const run of runs) {
    if (run.startMs < atMs) continue;
    if (run.startMs > atMs) steps.push(cutStep(step, trace, { startMs: atMs, endMs: run.startMs }));
    steps.push(...criticalPath(run));
    atMs = run.startMs + run.durationMs;
  }
  return [...steps, cutStep(step, trace, { startMs: atMs, endMs: step.endMs })];
}

/** A part of a task's step, with the waits in it. */
function cutStep(
  step: CriticalStep,
  { spans }: RunTrace,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): CriticalStep {
  const waits: Waits = {};
  for (const { kind, name, parent, ...wait } of spans)
    if (kind === "wait" && parent === step.span)
      addWait(waits, name as WaitCause, Math.min(endMs, wait.endMs) - Math.max(startMs, wait.startMs));
  const durationMs = endMs - startMs;
  return { ...step, startMs, endMs, durationMs, ownMs: durationMs - totalOf(waits), waits };
}

function stepOf(link: TraceLink, trace: RunTrace): CriticalStep {
  const { span, part, endMs, waits } = link;
  const startMs = startOf(link, trace);
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

function startOf({ cause }: TraceLink, { startMs }: RunTrace): number {
  return cause?.endMs ?? startMs;
}
