/** Folds the runs that a run starts: what is set aside for each, and what it has used up. */
import type { RunEventOf } from "./run-event.ts";
import type { RunState, TaskState } from "./run-state.ts";

export type ChildEvent = RunEventOf<"child.started" | "child.settled">;

export function evolveChild(state: RunState, event: ChildEvent): void {
  const task = state.taskOf.get(event.task);
  if (task === undefined) return;
  if (event.type === "child.started") start(state, task, event);
  else settle(state, task, event);
}

function start(
  state: RunState,
  task: TaskState,
  { child, tokens, microUsd, calls }: RunEventOf<"child.started">,
): void {
  task.child = child;
  task.share = { tokens, microUsd, calls };
  state.reservedTokens += tokens;
  state.reservedMicroUsd += microUsd;
  state.reservedCalls += calls;
  const group = task.element?.group.group;
  if (group !== undefined) group.children++;
}

function settle(state: RunState, task: TaskState, { child, usage }: RunEventOf<"child.settled">): void {
  const { share } = task;
  task.child = child;
  task.share = undefined;
  if (share !== undefined) {
    state.reservedTokens -= share.tokens;
    state.reservedMicroUsd -= share.microUsd;
    state.reservedCalls -= share.calls;
  }
  const group = task.element?.group.group;
  if (group !== undefined) group.children--;
  const total = state.usage;
  total.modelCalls += usage.modelCalls;
  total.toolCalls += usage.toolCalls;
  total.inputTokens += usage.inputTokens;
  total.outputTokens += usage.outputTokens;
  total.isExact &&= usage.isExact;
  total.costMicroUsd += usage.costMicroUsd;
}
