/** What follows from the state itself: skips, finished groups, and, once nothing can go on, validation, suspension or cancellation. */
import type { RunEventDraft } from "./run-event.ts";
import { isQuiet, type RunState, type TaskState } from "./run-state.ts";

export function decideAdvance(state: RunState): readonly RunEventDraft[] {
  if (state.status === "cancelling")
    return state.busy === 0 && state.openNode === undefined ? [{ type: "run.cancelled" }] : [];
  if (state.status !== "running") return [];
  if (state.mode === "plan" && state.compiled !== undefined) return [{ type: "run.succeeded" }];
  const consequences = [...skips(state), ...settlements(state)];
  return consequences.length > 0 ? consequences : whenQuiet(state);
}

function whenQuiet(state: RunState): readonly RunEventDraft[] {
  if (state.compiled === undefined || state.proposal !== undefined || !isQuiet(state)) return [];
  if (state.inDoubt.size > 0)
    return [{ type: "run.suspended", reason: "in_doubt", tasks: [...state.inDoubt].map((task) => task.key) }];
  return [
    { type: "node.started", node: "validator", call: `validator#${(state.nodeCalls.get("validator") ?? 0) + 1}` },
  ];
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
