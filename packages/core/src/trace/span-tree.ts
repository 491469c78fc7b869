/**
 * A trace as a tree: the run, its node calls and tasks, their attempts and waits, and the model calls in them. A task stands
 * below the dependency that finished last: the one that let it start. A run that a task has started stands below the task. Rows instead of nesting, since a chain may be long.
 */
import { criticalPath } from "./critical-path.ts";
import { type RunTrace, runsWithin, spansWithin } from "./run-trace.ts";
import type { SpanFacts, SpanKind, SpanStatus, TraceSpan, Waits } from "./trace-span.ts";

export interface TreeRow {
  /** 0: the run. The rows below a row follow it, and are deeper. */
  readonly depth: number;
  /** The span's id, and the id of the row that it stands below. */
  readonly span: number;
  readonly below?: number;
  readonly kind: SpanKind;
  readonly name: string;
  readonly status: SpanStatus;
  readonly startMs: number;
  readonly endMs: number;
  readonly durationMs: number;
  /** Of a task: how long it waited, by cause. */
  readonly waits: Readonly<Waits>;
  /** Of a task: its other dependencies. */
  readonly alsoAfter?: readonly string[];
  readonly isCritical: boolean;
  readonly facts: SpanFacts;
}

interface TaskPlace {
  readonly waits: Readonly<Waits>;
  readonly below: number | undefined;
  readonly alsoAfter: readonly string[];
}

export function spanTree(trace: RunTrace): readonly TreeRow[] {
  const critical = new Set(criticalPath(trace).map(({ span }) => span));
  const places = new Map(runsWithin(trace).flatMap(placesOf));
  const spans = spansWithin(trace);
  const children = childrenOf(spans, places);
  const rows: TreeRow[] = [];
  const open = trace.spans.slice(0, 1).map((span) => ({ span, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { span, depth } = next;
    rows.push(rowOf(span, { depth, place: places.get(span.id), isCritical: critical.has(span.id) }));
    for (const child of (children.get(span.id) ?? []).toReversed()) open.push({ span: child, depth: depth + 1 });
  }
  return rows;
}

/** In the order of their start. */
function childrenOf(
  spans: readonly TraceSpan[],
  places: ReadonlyMap<number, TaskPlace>,
): ReadonlyMap<number, readonly TraceSpan[]> {
  const children = new Map<number, TraceSpan[]>();
  for (const span of spans) {
    const parent = places.get(span.id)?.below ?? span.parent;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  return children;
}

interface RowPlace {
  readonly depth: number;
  readonly place: TaskPlace | undefined;
  readonly isCritical: boolean;
}

function rowOf(span: TraceSpan, { depth, place, isCritical }: RowPlace): TreeRow {
  const { id, parent, kind, name, status, startMs, endMs, facts } = span;
  const below = place?.below ?? parent;
  return {
    depth,
    span: id,
    ...(below === undefined ? {} : { below }),
    kind,
    name,
    status,
    startMs,
    endMs,
    durationMs: endMs - startMs,
    waits: place?.waits ?? {},
    ...(place === undefined || place.alsoAfter.length === 0 ? {} : { alsoAfter: place.alsoAfter }),
    isCritical,
    facts,
  };
}

function placesOf({ tasks }: RunTrace): readonly (readonly [number, TaskPlace])[] {
  return tasks.map((task) => {
    const { latest, dependencies, span, waits } = task;
    const alsoAfter = dependencies.filter((other) => other !== latest).map(({ key }) => key);
    return [span.id, { waits, below: latest?.span.id, alsoAfter }] as const;
  });
}
