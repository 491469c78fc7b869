/** What is wrong with a Chrome trace: its form, its times, its lanes, its arrows. */
import type { ChromeTrace } from "../src/index.ts";
import { TraceFormat } from "./trace-format.ts";

type ChromeEvent = ChromeTrace["traceEvents"][number];
type Slice = Extract<ChromeEvent, { ph: "X" }>;

export function slicesOf({ traceEvents }: ChromeTrace): readonly Slice[] {
  return traceEvents.filter((event) => event.ph === "X");
}

function laneOf({ pid, tid }: { readonly pid: number; readonly tid: number }): string {
  return `${pid}/${tid}`;
}

/** What breaks the format. */
export function faultsOf(document: ChromeTrace): string[] {
  return [...formatFaults(document), ...timeFaults(document), ...laneFaults(document), ...arrowFaults(document)];
}

function formatFaults(document: ChromeTrace): string[] {
  const parsed = TraceFormat.safeParse(document);
  return (parsed.error?.issues ?? []).slice(0, 5).map(({ path, message }) => `/${path.join("/")}: ${message}`);
}

function timeFaults({ traceEvents }: ChromeTrace): string[] {
  const timed = traceEvents.filter((event) => event.ph !== "M");
  const wrong = timed.filter(({ ts }) => !Number.isInteger(ts) || ts < 0).map(({ name }) => `time of ${name}`);
  const unordered = timed
    .filter(({ ts }, index) => ts < (timed[index - 1]?.ts ?? 0))
    .map(({ name }) => `order ${name}`);
  const lengths = timed.filter((event) => event.ph === "X" && (!Number.isInteger(event.dur) || event.dur < 0));
  return [...wrong, ...unordered, ...lengths.map(({ name }) => `length of ${name}`)];
}

function laneFaults(document: ChromeTrace): string[] {
  const named = new Set(document.traceEvents.flatMap((event) => (event.name === "thread_name" ? [laneOf(event)] : [])));
  const endOf = new Map<string, number>();
  return slicesOf(document).flatMap(({ ts, dur, name, ...where }) => {
    const lane = laneOf(where);
    const faults = [
      ...(ts < (endOf.get(lane) ?? 0) ? [`${name} overlaps in lane ${lane}`] : []),
      ...(named.has(lane) ? [] : [`lane ${lane} has no name`]),
    ];
    endOf.set(lane, ts + dur);
    return faults;
  });
}

/** Each arrow has one start and one end, not before it, and both lie in a slice of their lane that the file has named before. */
function arrowFaults({ traceEvents }: ChromeTrace): string[] {
  const starts = new Map<number, number>();
  const open = new Map<string, Slice>();
  const faults: string[] = [];
  for (const event of traceEvents) {
    if (event.ph === "X") open.set(laneOf(event), event);
    if (event.ph !== "s" && event.ph !== "f") continue;
    const slice = open.get(laneOf(event));
    if (slice === undefined || event.ts > slice.ts + slice.dur) faults.push(`arrow ${event.id} hangs loose`);
    if (event.ph === "s") {
      if (starts.has(event.id)) faults.push(`arrow ${event.id} starts twice`);
      starts.set(event.id, event.ts);
    } else if (!starts.delete(event.id)) faults.push(`arrow ${event.id} ends without a start`);
  }
  return [...faults, ...[...starts.keys()].map((id) => `arrow ${id} has no end`)];
}
