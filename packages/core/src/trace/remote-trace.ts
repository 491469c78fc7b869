/** What another mesh tells of a run of its own, as a trace: read with care, and fitted into the time of the task that has called for it. */
import * as z from "../zod.ts";
import type { Json } from "../json.ts";
import type { PublicRunStatus } from "../run-view.ts";
import type { RunTrace, TraceFrame } from "./run-trace.ts";
import { type SpanFacts, SpanList, type SpanStatus, type TraceSpan } from "./trace-span.ts";

/** More are left out. */
const SPANS_MAX = 5_000;
const NAME_CHARS_MAX = 500;

const Name = z.string().transform((name) => name.slice(0, NAME_CHARS_MAX));
const Count = z.int().min(0);
const Facts = z.object({
  tool: Name.optional(),
  attempt: Count.optional(),
  retry: Name.optional(),
  error: Name.optional(),
  elements: Count.optional(),
  child: Name.optional(),
  run: Name.optional(),
  inputTokens: Count.optional(),
  outputTokens: Count.optional(),
  costMicroUsd: Count.optional(),
});
const Milliseconds = z.int().min(0);
const RemoteSpan = z.object({
  id: z.int().min(1),
  parent: z.int().min(1).optional(),
  kind: z.enum(["run", "node", "task", "attempt", "wait", "model"]),
  name: Name,
  startMs: Milliseconds,
  endMs: Milliseconds,
  status: z.enum(["open", "succeeded", "failed", "retried", "skipped", "cancelled", "in_doubt", "suspended"]),
  facts: Facts.catch({}),
});
type RemoteSpan = z.infer<typeof RemoteSpan>;
const RemoteSpans = z.object({ createdAtMs: z.int(), spans: z.array(z.unknown()) });

/** Undefined: nothing that can be understood. */
export function remoteTrace(run: string, told: Json | undefined, frame: TraceFrame): RunTrace | undefined {
  const parsed = RemoteSpans.safeParse(told);
  if (!parsed.success) return undefined;
  const spans = parsed.data.spans.slice(0, SPANS_MAX).flatMap((span) => RemoteSpan.safeParse(span).data ?? []);
  const root = spans.find(({ parent }) => parent === undefined);
  if (root === undefined) return undefined;
  const { createdAtMs } = parsed.data;
  const list = remoteList(run, { spans, root, createdAtMs }, frame);
  const [{ startMs, endMs } = { startMs: 0, endMs: 0 }] = list.spans;
  return {
    run,
    name: root.name,
    status: publicStatus(root.status),
    seq: 0,
    isComplete: root.status !== "open",
    createdAtMs,
    startMs,
    durationMs: endMs - startMs,
    spans: list.spans,
    children: [],
    tasks: [],
    marks: [],
    last: undefined,
    tailWaits: {},
  };
}

interface Told {
  readonly spans: readonly RemoteSpan[];
  readonly root: RemoteSpan;
  readonly createdAtMs: number;
}

/** With numbers of ours; every span below one that began before it, and within its time. */
function remoteList(run: string, told: Told, frame: TraceFrame): SpanList {
  const { spans, root } = told;
  const list = new SpanList(frame.firstSpan);
  const byId = new Map<number, TraceSpan>();
  const originMs = placeOf(told, frame) - root.startMs;
  const others = spans.filter((span) => span !== root);
  const ordered = others.toSorted((left, right) => left.startMs - right.startMs || left.id - right.id);
  for (const span of [root, ...ordered]) {
    const holder = span === root ? undefined : (byId.get(span.parent ?? 0) ?? list.spans[0]);
    const { startMs: fromMs, endMs: untilMs } = holder ?? { startMs: frame.fromMs, endMs: frame.untilMs };
    const at = (ms: number): number => Math.min(untilMs, Math.max(fromMs, originMs + ms));
    const parent = holder?.id ?? frame.parent;
    const { kind, name, status } = span;
    const startMs = at(span.startMs);
    const endMs = Math.max(startMs, at(span.endMs));
    const facts = { ...factsOf(span), ...(span === root ? { run } : {}), isRemote: true };
    const added = list.add({ kind, name, status, startMs, endMs, facts, ...(parent === undefined ? {} : { parent }) });
    if (!byId.has(span.id)) byId.set(span.id, added);
  }
  return list;
}

function factsOf({ facts }: RemoteSpan): SpanFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

/** Where its own clock says, when that lies within the task; else in the middle of it: the clocks differ. */
function placeOf({ root, createdAtMs }: Told, { originMs, fromMs, untilMs }: TraceFrame): number {
  const durationMs = Math.max(0, root.endMs - root.startMs);
  const startMs = createdAtMs + root.startMs - originMs;
  if (startMs >= fromMs && startMs + durationMs <= untilMs) return startMs;
  return fromMs + Math.max(0, Math.floor((untilMs - fromMs - durationMs) / 2));
}

function publicStatus(status: SpanStatus): PublicRunStatus {
  switch (status) {
    case "succeeded":
    case "failed":
    case "cancelled":
    case "suspended":
      return status;
    default:
      return "running";
  }
}
