/** Hands the driver what the last events enabled: O(new). And, for recovery only, all that is open. */
import type { RunEffect } from "./run-effect.ts";
import { idempotencyKeyOf, isOver, type RunState } from "./run-state.ts";
import { dispatch } from "./task-schedule.ts";

/** Drains the effects; a ready task is handed out once and must be answered with `task-resolved` in the same turn. */
export function takeEffects(state: RunState, nowMs: number): readonly RunEffect[] {
  const taken = state.effects;
  state.effects = [];
  if (state.status !== "running") return taken;
  for (const task of dispatch(state, nowMs)) taken.push({ type: "resolve-task", task: task.key });
  const next = state.waiting.first?.dueAtMs ?? Number.POSITIVE_INFINITY;
  if (next !== state.wakeAtMs && Number.isFinite(next)) taken.push({ type: "wake", atMs: next });
  state.wakeAtMs = next;
  return taken;
}

/**
 * Everything that was under way when a journal ended: what a driver that takes the run over must know. Node calls are made
 * again; tool calls have an unknown outcome, and it is for `call-failed` inputs to say so.
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
  return [...nodes, ...calls];
}
