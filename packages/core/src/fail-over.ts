/**
 * Fail-over: a task that is bound by a capability goes on with the next tool that its plan was checked with, when the one it
 * has is gone or broken. Never after a call of which nobody knows whether it had an effect, unless that call only reads.
 */
import type { ErrorRecord } from "./error-record.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { CallFailedInput } from "./run-input.ts";
import { bindingOf, effectOf, planBindingOf, type RunState, type TaskState } from "./run-state.ts";
import type { ToolBinding } from "./tool-binding.ts";

type Routed = Extract<RunEventDraft, { readonly type: "task.routed" }>;

/** The call was not made, and the next one of this tool would not be made either. */
const GONE: ReadonlySet<string> = new Set([
  "AM_TOOL_UNAVAILABLE",
  "AM_TOOL_UNKNOWN",
  "AM_TOOL_GONE",
  "AM_TOOL_DRIFTED",
]);
/** The tool that a task was routed to takes other arguments than the one that the plan meant first. */
const UNFIT = "AM_ARGUMENT_INVALID";

/** Undefined: the task has what it has. */
export function failOver(state: RunState, task: TaskState, { code }: ErrorRecord): Routed | undefined {
  const from = bindingOf(state, task);
  const to = nextTool(state, task, from);
  if (from === undefined || to === undefined || state.status !== "running") return undefined;
  return { type: "task.routed", task: task.key, from: from.tool, to: to.tool, reason: code };
}

/** Whether the call need not be tried again with its tool: it is gone, or a tool that only reads gave no answer. */
export function isToolLost(state: RunState, task: TaskState, { outcome, error }: CallFailedInput): boolean {
  if (outcome === "refused") return GONE.has(error.code) && mayLeave(state, task, task.attempt);
  return outcome === "unknown" && effectOf(state, task) === "read";
}

/** Whether another tool may be asked what this one could not say. */
export function isReadFailed(state: RunState, task: TaskState, { outcome }: CallFailedInput): boolean {
  return outcome === "failed" && effectOf(state, task) === "read";
}

/** The same of a call that was not even begun, because its tool is gone or refuses its arguments. */
export function isToolUnfit(state: RunState, task: TaskState, { code }: ErrorRecord): boolean {
  const isWrong = GONE.has(code) || (code === UNFIT && task.routed !== undefined);
  return isWrong && mayLeave(state, task, task.attempt + 1);
}

/** The attempts before this one, under the same key, may have had an effect. */
function mayLeave(state: RunState, task: TaskState, attempt: number): boolean {
  return effectOf(state, task) === "read" || task.keyAttempt === attempt;
}

function nextTool(state: RunState, task: TaskState, now: ToolBinding | undefined): ToolBinding | undefined {
  const bound = planBindingOf(state, task);
  if (bound?.alternatives === undefined) return undefined;
  const all: readonly ToolBinding[] = [bound, ...bound.alternatives];
  return all[all.findIndex(({ tool }) => tool === now?.tool) + 1];
}
