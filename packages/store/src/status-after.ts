/** What a stored event says about its run as a whole. */
import type { RunEventType } from "@agentmesh/core";
import type { RunSummary } from "@agentmesh/ports";

const STATUS_AFTER: { readonly [Type in RunEventType]?: RunSummary["status"] } = {
  "run.suspended": "suspended",
  "run.resumed": "running",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};

/** Undefined when the status stays as it is. Every status but "running" gives the run back. */
export function statusAfter(type: RunEventType): RunSummary["status"] | undefined {
  return STATUS_AFTER[type];
}
