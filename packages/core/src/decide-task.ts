/** What the outcome of a task's resolution or call means: success, another attempt, failure, or doubt. */
import { askQuestion, questionBefore } from "./decide-approval.ts";
import { exceed } from "./decide-budget.ts";
import { childRefusal, childStart, settleChild, settleLostChild, startsRun, withinShare } from "./decide-child.ts";
import type { ChildReport } from "./child-run.ts";
import { beginWait } from "./decide-wait.ts";
import type { ErrorRecord } from "./error-record.ts";
import { failOver, isReadFailed, isToolLost, isToolUnfit } from "./fail-over.ts";
import { jitterOf } from "./jitter.ts";
import type { Payload } from "./payload.ts";
import { leftOf } from "./run-budget.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { CallFailedInput, CallSucceededInput, RunCommand, RunInput } from "./run-input.ts";
import { isSafeToRepeat, type RunState, type TaskState } from "./run-state.ts";
import { taskFailure } from "./task-failure.ts";
import type { ToolDrift } from "./tool-drift.ts";

/** The code of a call that was cut off by the death of its process. */
export const PROCESS_LOST = "AM_PROCESS_LOST";
/** How often one call may be cut off by dying processes before it counts as the one that kills them. */
const RECOVERIES_MAX = 100;

type TaskResolvedInput = Extract<RunInput, { type: "task-resolved" }>;
type ResolveCommand = Extract<RunCommand, { type: "resolve" }>;
type Draft = RunEventDraft;

export function decideTaskResolved(state: RunState, input: TaskResolvedInput, nowMs: number): readonly Draft[] {
  const task = state.taskOf.get(input.task);
  if (task === undefined || task.status !== "dispatched" || state.status !== "running") return [];
  const { resolution } = input;
  switch (resolution.kind) {
    case "start":
      return startCall(state, task, { ...resolution, nowMs });
    case "wait":
      return beginWait(state, task, { wait: resolution, nowMs });
    case "ask":
      return [askQuestion(task, resolution, nowMs)];
    case "skip":
      return [{ type: "task.skipped", task: task.key, reason: "when" }];
    case "expand":
      return [{ type: "task.expanded", task: task.key, count: resolution.count }];
    case "fail":
      return [...driftOf(state, task, resolution.drift), ...refuse(state, task, resolution.error)];
  }
}

/** The call cannot be made: another tool takes its place, or the task has failed. */
function refuse(state: RunState, task: TaskState, error: ErrorRecord): readonly Draft[] {
  const routed = isToolUnfit(state, task, error) ? failOver(state, task, error) : undefined;
  return routed === undefined ? [...settleLostChild(task), taskFailure(task, { error, durationMs: 0 })] : [routed];
}

/** Said once for each change of a tool, however many of its calls are stopped. */
function driftOf(state: RunState, task: TaskState, drift: ToolDrift | undefined): readonly Draft[] {
  if (drift === undefined || state.drifted.get(drift.tool) === drift.is) return [];
  return [{ type: "tool.drifted", task: task.key, ...drift }];
}

/** A call that asks first, or that the budget does not allow, does not start. */
function startCall(
  state: RunState,
  task: TaskState,
  call: { readonly args: Payload; readonly child?: string; readonly nowMs: number },
): readonly Draft[] {
  const question = questionBefore(state, task, call);
  if (question !== undefined) return [question];
  const { args, child, nowMs } = call;
  const queueMs = Math.max(0, nowMs - task.readyAtMs);
  const started: Draft = { type: "task.started", task: task.key, attempt: task.attempt + 1, args, queueMs };
  if (task.share !== undefined) return [started]; // the same call, asked for its result again
  const runs = startsRun(state, task);
  const refusal = runs ? childRefusal(state, task) : undefined;
  if (refusal !== undefined) return [taskFailure(task, { error: refusal, durationMs: 0 })];
  if (leftOf(state, "calls", nowMs) < 1) return exceed(state, { kind: "calls", needed: 1, caller: task.key }, nowMs);
  return runs ? [started, childStart(state, task, { child, nowMs })] : [started];
}

export function decideCallSucceeded(state: RunState, input: CallSucceededInput, nowMs: number): readonly Draft[] {
  const task = openCall(state, input);
  if (task === undefined) return [];
  return [...settleChild(task, reportOf(state, task, input)), ...decideSuccess(state, task, { input, nowMs })];
}

function decideSuccess(
  state: RunState,
  task: TaskState,
  { input, nowMs }: { readonly input: CallSucceededInput; readonly nowMs: number },
): readonly Draft[] {
  const { repeat } = task.compiled.spec;
  const over = { task: task.key, attempt: task.attempt, durationMs: input.durationMs };
  if (repeat === undefined || input.isToRepeat !== true || state.status !== "running")
    return [
      {
        type: "task.succeeded",
        ...over,
        output: input.output,
        ...(input.cache === undefined ? {} : { cache: input.cache }),
      },
    ];
  if (task.repeats + 1 < repeat.maxTimes)
    return [{ type: "task.retried", ...over, cause: "repeat", dueAtMs: nowMs + repeat.delayMs }];
  return [
    taskFailure(task, { error: repeatExhausted(task, repeat.maxTimes, repeat.until), durationMs: input.durationMs }),
  ];
}

export function decideCallFailed(state: RunState, input: CallFailedInput, nowMs: number): readonly Draft[] {
  const task = openCall(state, input);
  if (task === undefined) return [];
  const outcome = outcomeOf(state, task, { input, nowMs });
  return input.drift === undefined ? outcome : [...driftOf(state, task, input.drift), ...outcome];
}

interface FailedCall {
  readonly input: CallFailedInput;
  readonly nowMs: number;
}

function outcomeOf(state: RunState, task: TaskState, { input, nowMs }: FailedCall): readonly Draft[] {
  const over = { task: task.key, attempt: task.attempt, durationMs: input.durationMs };
  if (isParked(state, input)) return [{ type: "task.retried", ...over, cause: "budget", dueAtMs: nowMs }];
  if (input.outcome === "unknown" && !isSafeToRepeat(state, task)) return decideDoubt(state, task, input);
  const settled = settledBy(state, task, input);
  if (state.status === "cancelling" || state.status === "stopping")
    return [...settled, input.outcome === "failed" ? taskFailure(task, input) : { type: "task.cancelled", ...over }];
  const again = decideRepetition(state, task, { input, nowMs });
  if (again === undefined) return [...settled, taskFailure(task, input)];
  const { routed, ...repetition } = again;
  const isSameCall = again.cause === "doubt" || again.cause === "recovery";
  return [
    ...(isSameCall ? [] : settled),
    { type: "task.retried", ...over, ...repetition },
    ...(routed === undefined ? [] : [routed]),
  ];
}

/** What a child has used, when its call has failed: as it says; all that was set aside, when nobody can say. */
function settledBy(state: RunState, task: TaskState, input: CallFailedInput): readonly Draft[] {
  const isLost = input.outcome === "unknown" && input.child === undefined;
  return isLost ? settleLostChild(task) : settleChild(task, reportOf(state, task, input));
}

function reportOf(
  state: RunState,
  { share }: TaskState,
  { child }: CallSucceededInput | CallFailedInput,
): ChildReport | undefined {
  return child === undefined || share === undefined ? child : withinShare(state, child, share);
}

interface Repetition extends Pick<Extract<Draft, { type: "task.retried" }>, "cause" | "dueAtMs" | "error"> {
  /** With another tool. */
  readonly routed?: Extract<Draft, { type: "task.routed" }>;
}

/** Whether, why and when a failed call is made again, or another one in its place. */
function decideRepetition(state: RunState, task: TaskState, { input, nowMs }: FailedCall): Repetition | undefined {
  const { error, outcome } = input;
  if (isRecovery(input) && task.recoveries < RECOVERIES_MAX) return { cause: "recovery", dueAtMs: nowMs, error };
  const routed = failOver(state, task, error);
  const instead = routed === undefined ? undefined : ({ cause: "failover", dueAtMs: nowMs, error, routed } as const);
  if (instead !== undefined && isToolLost(state, task, input)) return instead;
  const again = mayRetry(state, task, input) ? nowMs + backoffMs(state, task) : undefined;
  if (again !== undefined) return { cause: isDoubtful(task, outcome) ? "doubt" : "error", dueAtMs: again, error };
  if (instead !== undefined && isReadFailed(state, task, input)) return instead;
  return fallBack(task, { input, nowMs });
}

/** That this attempt was not made says nothing about those before it under the same key. */
function isDoubtful({ attempt, keyAttempt }: TaskState, outcome: CallFailedInput["outcome"]): boolean {
  return outcome === "unknown" || (outcome === "refused" && attempt !== keyAttempt);
}

function fallBack(task: TaskState, { input: { error }, nowMs }: FailedCall): Repetition | undefined {
  const hasFallback = typeof task.compiled.spec.onError === "object" && !task.isOnFallback;
  return hasFallback ? { cause: "fallback", dueAtMs: nowMs, error } : undefined;
}

export function decideResolve(state: RunState, command: ResolveCommand): readonly Draft[] {
  const task = state.taskOf.get(command.task);
  if (task === undefined || task.status !== "in_doubt") return [];
  const output = command.as === "done" && command.output !== undefined ? { output: command.output } : {};
  const settled = command.as === "retry" ? [] : settleLostChild(task);
  return [...settled, { type: "task.resolved", task: task.key, as: command.as, by: "person", ...output }];
}

/** A model call that waits for its budget, which a person is asked to raise. */
function isParked({ status, policy }: RunState, { error, outcome }: CallFailedInput): boolean {
  const asks = policy?.budget?.onExceeded === "ask";
  return asks && status === "running" && outcome === "refused" && error.code === "AM_BUDGET_EXCEEDED";
}

function isRecovery({ error, outcome }: CallFailedInput): boolean {
  return outcome === "unknown" && error.code === PROCESS_LOST;
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
  if (choice === "ask" || state.status !== "running") return [doubt];
  const as = choice === "retry" && task.retries < retriesMax(state, task) ? "retry" : "fail";
  const settled = as === "retry" ? [] : settleLostChild(task);
  return [doubt, ...settled, { type: "task.resolved", task: task.key, as, by: "policy" }];
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

function repeatExhausted(task: TaskState, times: number, until: string): ErrorRecord {
  return {
    code: "AM_REPEAT_EXHAUSTED",
    message: `"${until}" was still false after ${times} rounds of "${task.key}".`,
    hint: "Raise repeat.maxTimes, or mend the condition.",
    facts: { task: task.key, times, until },
  };
}
