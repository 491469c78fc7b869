/** Puts spans into lanes so that no two in a lane overlap, with as few lanes as there are spans at once. */
import { type Queued, ReadyQueue } from "../ready-queue.ts";

interface Lane extends Queued {
  readonly number: number;
  freeAtMs: number;
}

interface Stretch {
  readonly startMs: number;
  readonly endMs: number;
}

/**
 * The lane of each span, from 0; the spans in order of their start. Undefined for a span that finds `lanesMax` lanes taken.
 * Costs the logarithm of the number of lanes for each.
 */
export function laneNumbers(
  spans: readonly Stretch[],
  lanesMax = Number.POSITIVE_INFINITY,
): readonly (number | undefined)[] {
  const busy = new ReadyQueue<Lane>((left, right) => left.freeAtMs < right.freeAtMs);
  const free = new ReadyQueue<Lane>((left, right) => left.number < right.number);
  let count = 0;
  return spans.map(({ startMs, endMs }) => {
    for (let lane = busy.first; lane !== undefined && lane.freeAtMs <= startMs; lane = busy.first) {
      busy.remove(lane);
      free.push(lane);
    }
    if (free.first === undefined && count >= lanesMax) return undefined;
    const lane = free.first ?? { heapAt: -1, number: count++, freeAtMs: 0 };
    if (lane.heapAt >= 0) free.remove(lane);
    lane.freeAtMs = endMs;
    busy.push(lane);
    return lane.number;
  });
}
