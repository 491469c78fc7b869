/** What follows from the state itself: skips, finished groups, and, once nothing can go on, validation, suspension or cancellation. */
import { exceed } from "./decide-budget.ts";
import { decideExpiry } from "./decide-wait.ts";
import { deadlineMs } from "./run-budget.ts";
import { endFailed } from "./run-failure.ts";
import type { RunEventDraft } from "./run-event.ts";
import { isQuiet, type RunState, type TaskState } from "./run-state.ts";

export function decideAdvance(state: RunState, nowMs: number): readonly RunEventDraft[] {
  if (state.status === "cancelling" || state.status === "stopping") return decideEnd(state);
  const expired = decideExpiry(state, nowMs);
  if (state.status === "suspended") return expired.length === 0 ? [] : [{ type: "run.resumed" }, ...expired];
  if (state.status !== "running" || expired.length > 0) return expired;
  const late = nowMs >= deadlineMs(state) ? exceed(state, { kind: "seconds", needed: 0 }, nowMs) : [];
  if (late.length > 0) return late;
  if (state.mode === "plan" && state.compiled !== undefined) return [{ type: "run.succeeded" }];
  return hasConsequences(state) ? [...skips(state), ...settlements(state)] : whenQuiet(state);
}

function hasConsequences({ toSkip, toSettle }: RunState): boolean {
  return toSkip.size > 0 || toSettle.size > 0;
}

/** Once nothing is under way any more. */
function decideEnd(state: RunState): readonly RunEventDraft[] {
  const { openNode } = state;
  if (openNode !== undefined && state.isNodeParked) {
    const error = state.error ?? cancelled;
    return [{ type: "node.failed", node: openNode.node, call: openNode.call, error, durationMs: 0 }];
  }
  if (state.busy > 0 || openNode !== undefined || state.waitingChildren > 0) return [];
  if (state.status === "cancelling") return [{ type: "run.cancelled" }];
  return endFailed(state, state.error ?? cancelled);
}

const cancelled = { code: "AM_CANCELLED", message: "The run was cancelled.", hint: "Nothing to do.", facts: {} };

function whenQuiet(state: RunState): readonly RunEventDraft[] {
  if (!isQuiet(state)) return [];
  if (state.inDoubt.size > 0 || state.asks.size > 0) return [suspension(state)];
  if (state.compiled === undefined || state.proposal !== undefined || state.openNode !== undefined) return [];
  return [
    { type: "node.started", node: "validator", call: `validator#${(state.nodeCalls.get("validator") ?? 0) + 1}` },
  ];
}

/** In doubt first: it is the most urgent. */
function suspension({ inDoubt, asks }: RunState): RunEventDraft {
  const doubtful = [...inDoubt].map((task) => task.key);
  const [first] = asks.values();
  const kind = first === undefined || first.kind === "time" ? "approval" : first.kind;
  const waiting = [...asks.values()].flatMap((ask) => (ask.task === undefined ? [] : [ask.key]));
  return { type: "run.suspended", reason: doubtful.length > 0 ? "in_doubt" : kind, tasks: [...doubtful, ...waiting] };
}

function skips(state: RunState): readonly RunEventDraft[] {
  return [...state.toSkip].map((task) => ({ type: "task.skipped", task: task.key, reason: "dependency" }));
}

function settlements(state: RunState): readonly RunEventDraft[] {
  return [...state.toSettle].flatMap(settleGroup);
}

function settleGroup(task: TaskState): readonly RunEventDraft[] {
  const failure = task.group?.failure;
  const durationMs = 0;
  if (failure === undefined) return [{ type: "task.succeeded", task: task.key, attempt: 0, durationMs }];
  const failed = task.group?.elements.filter((element) => element.status === "failed" && !element.isHandled) ?? [];
  const keys = failed.map((element) => element.key);
  const error = {
    code: "AM_ELEMENT_FAILED",
    message: `${keys.length} of ${task.group?.elements.length ?? 0} elements failed; the first: ${failure.message}`,
    hint: 'Let single elements fail with: "onError": "null"',
    facts: { elements: keys.slice(0, 20), cause: failure.code },
  };
  const left = task.group?.elements.filter((element) => element.status === "pending") ?? [];
  return [
    { type: "task.failed", task: task.key, attempt: 0, error, durationMs },
    ...left.map((element): RunEventDraft => ({ type: "task.skipped", task: element.key, reason: "group" })),
  ];
}
