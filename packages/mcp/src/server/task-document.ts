/** Tasks, and what a client is asked for, as they go out. */
import type { AskedInputs, ServedTask } from "./mcp-service.ts";

/** `sealed`: the id that the client gets. */
export function taskDocument(task: ServedTask, sealed: (id: string) => string): Record<string, unknown> {
  const { id, status, message, createdAtMs, updatedAtMs, pollMs, requests, result, error } = task;
  return {
    taskId: sealed(id),
    status,
    ...(message === undefined ? {} : { statusMessage: message }),
    createdAt: new Date(createdAtMs).toISOString(),
    lastUpdatedAt: new Date(updatedAtMs).toISOString(),
    ttlMs: null,
    pollIntervalMs: pollMs,
    ...(requests === undefined ? {} : { inputRequests: askedDocument(requests) }),
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
  };
}

export function askedDocument(requests: AskedInputs): object {
  return Object.fromEntries(
    Object.entries(requests).map(([key, { method, params }]) => [
      key,
      { method, ...(params === undefined ? {} : { params }) },
    ]),
  );
}
