/** Removes from memory what need not be kept. */
import { type EventPayload, isTerminal, payloadsOf, type RunEvent, startedRuns } from "@agentmesh/core";
import type { PruneQuery, PruneReport } from "@agentmesh/ports";
import { prunableRuns } from "../prunable-runs.ts";
import type { MemoryStorage } from "./memory-store.ts";

export function pruneMemory(storage: MemoryStorage, query: PruneQuery): PruneReport {
  const underWay = [...storage.runs.values()].filter(({ events }) => !events.some(isTerminal));
  const awaited = new Set(underWay.flatMap(({ events }) => startedRuns(events)));
  const finished = [...storage.runs].flatMap(([id, { number, summary, events }]) => {
    const last = events.at(-1);
    return last !== undefined && isTerminal(last) && !awaited.has(id)
      ? [{ id, number, tenant: summary.tenant, endedMs: last.atMs, events }]
      : [];
  });
  const gone = prunableRuns(finished, query);
  const goneIds = new Set(gone.map(({ id }) => id));
  const kept = [...storage.runs].filter(([id]) => !goneIds.has(id)).flatMap(([, { events }]) => events);
  const used = new Set(kept.flatMap(hashesOf));
  const unused = [...storage.blobs].filter(([hash]) => !used.has(hash));
  const events = gone.flatMap((run) => run.events);
  const texts = [...events.map((event) => JSON.stringify(event)), ...unused.map(([, text]) => text)];
  if (query.isDryRun !== true) {
    for (const id of goneIds) storage.runs.delete(id);
    for (const [hash] of unused) storage.blobs.delete(hash);
  }
  return {
    runs: gone.length,
    events: events.length,
    values: unused.length,
    bytes: texts.reduce((sum, text) => sum + text.length, 0),
    cacheRows: storage.cache.prune(query),
  };
}

function hashesOf(event: RunEvent): readonly string[] {
  return payloadsOf(event).map(({ payload }: EventPayload) => payload.hash);
}
