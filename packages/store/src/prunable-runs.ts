/** Which finished runs may go. */
import type { PruneQuery } from "@agentmesh/ports";

export interface FinishedRun {
  readonly number: number;
  readonly tenant: string;
  readonly endedMs: number;
}

export function prunableRuns<Run extends FinishedRun>(runs: Iterable<Run>, query: PruneQuery): readonly Run[] {
  const { tenant, endedBeforeMs, keep } = query;
  if (endedBeforeMs === undefined && keep === undefined) return [];
  const ofTenants = Map.groupBy(runs, (run) => run.tenant);
  return [...ofTenants].flatMap(([name, ofTenant]) => {
    if (tenant !== undefined && name !== tenant) return [];
    const newestFirst = ofTenant.toSorted((a, b) => b.endedMs - a.endedMs || b.number - a.number);
    return newestFirst.slice(keep ?? 0).filter(({ endedMs }) => endedMs < (endedBeforeMs ?? Infinity));
  });
}
