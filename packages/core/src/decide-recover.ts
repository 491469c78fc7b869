/** What a run needs after the process that drove it has died: doubt for its calls, its node again, its reservations counted. */
import { decideCallFailed, PROCESS_LOST } from "./decide-task.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { RunState, TaskState } from "./run-state.ts";

/** A run that is suspended or over needs nothing. */
export function decideRecover(state: RunState, nowMs: number): readonly RunEventDraft[] {
  if (state.status !== "running" && state.status !== "cancelling" && state.status !== "stopping") return [];
  const settled = [...state.reservations].map(([reservation, { tokens, microUsd }]): RunEventDraft => ({
    type: "budget.settled",
    reservation,
    tokens,
    microUsd,
  }));
  const lost = state.tasks.filter((task) => task.status === "running").flatMap((task) => lostCall(state, task, nowMs));
  return [{ type: "run.resumed", cause: "recovered" }, ...settled, ...lostNode(state), ...lost];
}

/** A run of this mesh behind the call is not lost: while this one ends, it has to end first. */
function lostCall(state: RunState, task: TaskState, nowMs: number): readonly RunEventDraft[] {
  if (state.status !== "running" && task.child !== undefined && task.share !== undefined)
    return [{ type: "task.waiting", task: task.key, for: "child", name: task.child }];
  return decideCallFailed(
    state,
    {
      type: "call-failed",
      task: task.key,
      attempt: task.attempt,
      error: processLost(task.key),
      outcome: "unknown",
      isRetryable: true,
      durationMs: 0,
    },
    nowMs,
  );
}

/** While the run ends, its node is not called again. */
function lostNode({ openNode, status }: RunState): readonly RunEventDraft[] {
  if (openNode === undefined || status === "running") return [];
  const { node, call } = openNode;
  return [{ type: "node.failed", node, call, error: processLost(call), durationMs: 0 }];
}

function processLost(call: string): ErrorRecord {
  return {
    code: PROCESS_LOST,
    message: `The process died while "${call}" was under way: whether it has had its effect is not known.`,
    hint: "Look at the server behind it, then: agentmesh resolve RUN TASK --done | --retry | --fail",
    facts: { call },
  };
}
