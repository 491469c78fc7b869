/** What the outcome of a task's resolution or call means: success, another attempt, failure, or doubt. */
import type { ErrorRecord } from "./error-record.ts";
import { jitterOf } from "./jitter.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { CallFailedInput, CallSucceededInput, RunCommand, RunInput } from "./run-input.ts";
import { isSafeToRepeat, type RunState, type TaskState } from "./run-state.ts";

type TaskResolvedInput = Extract<RunInput, { type: "task-resolved" }>;
type ResolveCommand = Extract<RunCommand, { type: "resolve" }>;
type Draft = RunEventDraft;

export function decideTaskResolved(state: RunState, input: TaskResolvedInput, nowMs: number): readonly Draft[] {
  const task = state.taskOf.get(input.task);
  if (task === undefined || task.status !== "dispatched" || state.status !== "running") return [];
  const { resolution } = input;
  switch (resolution.kind) {
    case "start":
      return [
        {
          type: "task.started",
          task: task.key,
          attempt: task.attempt + 1,
          args: resolution.args,
          queueMs: Math.max(0, nowMs - task.readyAtMs),
        },
      ];
    case "skip":
      return [{ type: "task.skipped", task: task.key, reason: "when" }];
    case "expand":
      return [{ type: "task.expanded", task: task.key, count: resolution.count }];
    case "fail":
      return [failure(task, { error: resolution.error, durationMs: 0 })];
  }
}

export function decideCallSucceeded(state: RunState, input: CallSucceededInput, nowMs: number): readonly Draft[] {
  const task = openCall(state, input);
  if (task === undefined) return [];
  const { repeat } = task.compiled.spec;
  const over = { task: task.key, attempt: task.attempt, durationMs: input.durationMs };
  if (repeat === undefined || input.isToRepeat !== true || state.status === "cancelling")
    return [{ type: "task.succeeded", ...over, output: input.output }];
  if (task.repeats + 1 < repeat.maxTimes)
    return [{ type: "task.retried", ...over, cause: "repeat", dueAtMs: nowMs + repeat.delayMs }];
  return [failure(task, { error: repeatExhausted(task, repeat.maxTimes, repeat.until), durationMs: input.durationMs })];
}

export function decideCallFailed(state: RunState, input: CallFailedInput, nowMs: number): readonly Draft[] {
  const task = openCall(state, input);
  if (task === undefined) return [];
  const isUnknown = input.outcome === "unknown";
  const over = { task: task.key, attempt: task.attempt, durationMs: input.durationMs };
  if (isUnknown && !isSafeToRepeat(state, task)) return decideDoubt(state, task, input);
  if (state.status === "cancelling")
    return [input.outcome === "failed" ? failure(task, input) : { type: "task.cancelled", ...over }];
  if (mayRetry(state, task, input)) {
    return [
      {
        type: "task.retried",
        ...over,
        cause: isUnknown ? "doubt" : "error",
        dueAtMs: nowMs + backoffMs(state, task),
        error: input.error,
      },
    ];
  }
  if (typeof task.compiled.spec.onError === "object" && !task.isOnFallback)
    return [{ type: "task.retried", ...over, cause: "fallback", dueAtMs: nowMs, error: input.error }];
  return [failure(task, input)];
}

export function decideResolve(state: RunState, command: ResolveCommand): readonly Draft[] {
  const task = state.taskOf.get(command.task);
  if (task === undefined || task.status !== "in_doubt" || state.status === "cancelling") return [];
  const output = command.as === "done" && command.output !== undefined ? { output: command.output } : {};
  const resumed: readonly Draft[] = state.status === "suspended" ? [{ type: "run.resumed" }] : [];
  return [...resumed, { type: "task.resolved", task: task.key, as: command.as, by: "person", ...output }];
}

/** The attempt that the input speaks of, if it is the one under way. */
function openCall(state: RunState, input: { readonly task: string; readonly attempt: number }): TaskState | undefined {
  const task = state.taskOf.get(input.task);
  return task?.status === "running" && task.attempt === input.attempt ? task : undefined;
}

function decideDoubt(state: RunState, task: TaskState, input: CallFailedInput): readonly Draft[] {
  const doubt: Draft = {
    type: "task.in_doubt",
    task: task.key,
    attempt: task.attempt,
    error: input.error,
    durationMs: input.durationMs,
  };
  const choice = state.policy?.inDoubt ?? "ask";
  if (choice === "ask" || state.status === "cancelling") return [doubt];
  const as = choice === "retry" && task.retries < retriesMax(state, task) ? "retry" : "fail";
  return [doubt, { type: "task.resolved", task: task.key, as, by: "policy" }];
}

/**
 * A task's own `retry` covers every error. Without it a call is tried again only when its error may pass by itself, and it
 * was never sent or is safe to repeat: a write that failed half-way is nobody's to repeat unasked.
 */
function mayRetry(state: RunState, task: TaskState, input: CallFailedInput): boolean {
  if (state.status !== "running" || task.retries >= retriesMax(state, task)) return false;
  if (task.compiled.spec.retry !== undefined) return true;
  return input.isRetryable && (input.outcome === "refused" || isSafeToRepeat(state, task));
}

function retriesMax(state: RunState, task: TaskState): number {
  return task.compiled.spec.retry?.max ?? state.policy?.retryMax ?? 0;
}

/** Doubles with each attempt up to the policy's limit; half of it is jitter, drawn from the names so that it can be replayed. */
function backoffMs(state: RunState, task: TaskState): number {
  const base = task.compiled.spec.retry?.delayMs ?? state.policy?.backoffMs ?? 0;
  const full = Math.min(base * 2 ** task.retries, state.policy?.backoffMsMax ?? base);
  return Math.round(full / 2 + (full / 2) * jitterOf(`${state.run}:${task.key}:${task.attempt}`));
}

function failure(
  task: TaskState,
  { error, durationMs }: { readonly error: ErrorRecord; readonly durationMs: number },
): Draft {
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

function repeatExhausted(task: TaskState, times: number, until: string): ErrorRecord {
  return {
    code: "AM_REPEAT_EXHAUSTED",
    message: `"${until}" was still false after ${times} rounds of "${task.key}".`,
    hint: "Raise repeat.maxTimes, or mend the condition.",
    facts: { task: task.key, times, until },
  };
}
