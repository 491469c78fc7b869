/**
 * The JSON object form of the Trace Event Format, as its document describes it ("Trace Event Format", Google, sections JSON
 * Object Format, Complete Events, Instant Events, Counter Events, Flow Events, Metadata Events), for the phases that we write.
 * Numbers are finite, and times are microseconds.
 */
import { z } from "zod";

const Process = z.int().min(0);
const Microseconds = z.number().min(0);
const common = { name: z.string(), cat: z.string(), pid: Process, tid: Process, ts: Microseconds };
const Arguments = z.record(z.string(), z.unknown());

const Complete = z.strictObject({ ph: z.literal("X"), ...common, dur: Microseconds, args: Arguments });
/** Scope: global, process or thread. */
const Instant = z.strictObject({
  ph: z.literal("i"),
  ...common,
  s: z.enum(["g", "p", "t"]),
  args: Arguments.optional(),
});
/** Each argument is a series of the counter. */
const Counter = z.strictObject({
  ph: z.literal("C"),
  ...common,
  args: z.record(z.string(), z.number()).refine((series) => Object.keys(series).length > 0, "has no series"),
});
const FlowId = z.union([z.int(), z.string()]);
const FlowStart = z.strictObject({ ph: z.literal("s"), ...common, id: FlowId });
/** `bp: e`: it ends at the slice that encloses it, not at the next one. */
const FlowEnd = z.strictObject({ ph: z.literal("f"), ...common, id: FlowId, bp: z.literal("e") });
const metadata = { ph: z.literal("M"), pid: Process, tid: Process };
const Metadata = z.discriminatedUnion("name", [
  z.strictObject({ ...metadata, name: z.literal("process_name"), args: z.strictObject({ name: z.string() }) }),
  z.strictObject({ ...metadata, name: z.literal("process_labels"), args: z.strictObject({ labels: z.string() }) }),
  z.strictObject({ ...metadata, name: z.literal("thread_name"), args: z.strictObject({ name: z.string() }) }),
  z.strictObject({ ...metadata, name: z.literal("thread_sort_index"), args: z.strictObject({ sort_index: z.int() }) }),
]);

export const TraceFormat = z.strictObject({
  traceEvents: z.array(z.union([Complete, Instant, Counter, FlowStart, FlowEnd, Metadata])),
  displayTimeUnit: z.enum(["ms", "ns"]),
  otherData: Arguments,
});
