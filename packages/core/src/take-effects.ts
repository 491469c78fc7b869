/** Hands the driver what the last events enabled: O(new). And, for recovery only, all that is open. */
import type { RunEffect } from "./run-effect.ts";
import { deadlineMs } from "./run-budget.ts";
import { idempotencyKeyOf, isOpenForTasks, isOver, type RunState } from "./run-state.ts";
import { dispatch } from "./task-schedule.ts";

/** Drains the effects; a ready task is handed out once and must be answered with `task-resolved` in the same turn. */
export function takeEffects(state: RunState, nowMs: number): readonly RunEffect[] {
  const taken = state.effects;
  state.effects = [];
  if (state.status !== "running") return taken;
  if (isOpenForTasks(state)) dispatch(state, nowMs, (task) => taken.push({ type: "resolve-task", task: task.key }));
  const next = nextWakeMs(state);
  if (next !== state.wakeAtMs && Number.isFinite(next)) taken.push({ type: "wake", atMs: next });
  state.wakeAtMs = next;
  return taken;
}

/** When something follows from time alone: a back-off, the end of a wait, the deadline. */
function nextWakeMs(state: RunState): number {
  const waiting = isOpenForTasks(state) ? state.waiting.first?.dueAtMs : undefined;
  return Math.min(
    waiting ?? Number.POSITIVE_INFINITY,
    state.expiring.first?.untilMs ?? Number.POSITIVE_INFINITY,
    deadlineMs(state),
  );
}

/**
 * Everything that was under way when a journal ended. Forgets the effects that folding has enabled: a driver that takes the
 * run over feeds `recover` next, which makes node calls again and doubts tool calls.
 */
export function openEffects(state: RunState): readonly RunEffect[] {
  state.effects = [];
  state.wakeAtMs = Number.POSITIVE_INFINITY;
  if (isOver(state)) return [];
  const nodes: readonly RunEffect[] =
    state.openNode === undefined ? [] : [{ type: "run-node", node: state.openNode.node, call: state.openNode.call }];
  const calls = state.tasks
    .filter((task) => task.status === "running")
    .map((task): RunEffect => ({
      type: "call-tool",
      task: task.key,
      attempt: task.attempt,
      idempotencyKey: idempotencyKeyOf(state, task),
    }));
  const isEnding = state.status === "cancelling" || state.status === "stopping";
  const children = [...state.asks.values()].flatMap((ask): readonly RunEffect[] =>
    ask.kind === "child" ? [{ type: isEnding ? "end-child" : "watch-child", child: ask.name ?? "" }] : [],
  );
  return [...nodes, ...calls, ...children];
}
