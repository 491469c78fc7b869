/** A task's failure as an event: handled when its plan goes on with null in its place. */
import type { ErrorRecord } from "./error-record.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { TaskState } from "./run-state.ts";

export interface FailedAttempt {
  readonly error: ErrorRecord;
  readonly durationMs: number;
}

export function taskFailure(task: TaskState, { error, durationMs }: FailedAttempt): RunEventDraft {
  const isHandled = task.compiled.spec.onError === "null";
  return {
    type: "task.failed",
    task: task.key,
    attempt: task.attempt,
    error,
    durationMs,
    ...(isHandled ? { isHandled } : {}),
  };
}
