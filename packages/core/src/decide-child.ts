/** Runs that a run starts: what each may use up, when one is waited for, and what its end means for the task that is its call. */
import { type ChildReport, type ChildShare, type ChildUsage, NO_USAGE } from "./child-run.ts";
import type { ErrorRecord } from "./error-record.ts";
import { GENERATE_TOOL } from "./mesh-tools.ts";
import { leftOf } from "./run-budget.ts";
import type { BudgetKind, RunEventDraft } from "./run-event.ts";
import type { CallSuspendedInput, RunCommand } from "./run-input.ts";
import { DEPTH_MAX_DEFAULT } from "./run-parent.ts";
import { bindingOf, type RunState, type TaskState } from "./run-state.ts";

type Draft = RunEventDraft;
type ChildCommand = Extract<RunCommand, { type: "continue" }>;

const OVER: ReadonlySet<string> = new Set(["succeeded", "failed", "skipped", "cancelled"]);

/** Whether a call of the task has a run of its own. */
export function startsRun(state: RunState, task: TaskState): boolean {
  return bindingOf(state, task)?.runs !== undefined;
}

/** Why the task may not start a run; undefined when it may. */
export function childRefusal(state: RunState, task: TaskState): ErrorRecord | undefined {
  const depth = (state.parent?.depth ?? 0) + 1;
  const depthMax = state.policy?.maxDepth ?? DEPTH_MAX_DEFAULT;
  if (depth <= depthMax) return undefined;
  return {
    code: "AM_DEPTH_EXCEEDED",
    message: `"${task.key}" would start a run ${depth} levels below the first one; ${depthMax} are allowed.`,
    hint: "Raise policy.maxDepth when runs may start runs that deep.",
    facts: { task: task.key, depth, depthMax },
  };
}

/** The child's share of what is left, set aside until its end. */
export function childStart(
  state: RunState,
  task: TaskState,
  { child, nowMs }: { readonly child: string | undefined; readonly nowMs: number },
): Draft {
  const claimants = claimantsOf(state);
  const shareOf = (kind: BudgetKind, spent = 0): number => {
    const left = leftOf(state, kind, nowMs) - spent;
    return Number.isFinite(left) ? Math.max(0, Math.floor(left / claimants)) : 0;
  };
  return {
    type: "child.started",
    task: task.key,
    attempt: task.attempt + 1,
    ...(child === undefined ? {} : { child }),
    tokens: shareOf("tokens"),
    microUsd: shareOf("usd"),
    calls: shareOf("calls", 1),
  };
}

/** How many parts what is left has to be divided into: all that may still ask for it, this task among them. */
function claimantsOf(state: RunState): number {
  const composer = state.goal === undefined ? 0 : 1;
  return Math.max(1, composer + state.planned.reduce((sum, task) => sum + claimsOf(state, task), 0));
}

function claimsOf(state: RunState, task: TaskState): number {
  if (OVER.has(task.status) || task.share !== undefined) return 0;
  const isAsking = task.compiled.spec.use === GENERATE_TOOL.name && task.status !== "running";
  if (!startsRun(state, task) && !isAsking) return 0;
  const { group } = task;
  if (group === undefined) return 1;
  const room = Math.max(1, group.concurrency - group.children);
  return Math.min(group.elements.length - group.settled - group.children, room);
}

/** The child's call is over: what it has used counts, what was set aside is free. Nothing for a task without a child. */
export function settleChild(task: TaskState, report: ChildReport | undefined): readonly Draft[] {
  if (task.share === undefined) return [];
  const child = report?.run ?? task.child;
  return [
    {
      type: "child.settled",
      task: task.key,
      attempt: task.attempt,
      ...(child === undefined ? {} : { child }),
      usage: report?.usage ?? NO_USAGE,
      ...(report?.spans === undefined ? {} : { spans: report.spans }),
    },
  ];
}

/** Nobody will say any more what it has used: everything. */
export function settleLostChild(task: TaskState): readonly Draft[] {
  const { share } = task;
  if (share === undefined) return [];
  const usage: ChildUsage = {
    ...NO_USAGE,
    inputTokens: share.tokens,
    toolCalls: share.calls,
    costMicroUsd: share.microUsd,
    isExact: false,
  };
  return settleChild(task, { usage });
}

/** No more than its share, whatever it says: a limit is never crossed by somebody's word. */
export function withinShare({ limits }: RunState, { usage, ...report }: ChildReport, share: ChildShare): ChildReport {
  const tokensMax = limits.has("tokens") ? share.tokens : Number.POSITIVE_INFINITY;
  const inputTokens = Math.min(usage.inputTokens, tokensMax);
  return {
    ...report,
    usage: {
      ...usage,
      inputTokens,
      outputTokens: Math.min(usage.outputTokens, tokensMax - inputTokens),
      toolCalls: limits.has("calls") ? Math.min(usage.toolCalls, share.calls) : usage.toolCalls,
      costMicroUsd: limits.has("usd") ? Math.min(usage.costMicroUsd, share.microUsd) : usage.costMicroUsd,
    },
  };
}

/** The child waits for somebody: so does the task, and holds no slot. */
export function decideCallSuspended(state: RunState, input: CallSuspendedInput): readonly Draft[] {
  const task = state.taskOf.get(input.task);
  if (task?.status !== "running" || task.attempt !== input.attempt) return [];
  return [{ type: "task.waiting", task: task.key, for: "child", name: input.child }];
}

/** The child goes on, or is over: the task asks for its result again, under the same key. While the run ends, it is told to end. */
export function decideContinue(state: RunState, { child }: ChildCommand, nowMs: number): readonly Draft[] {
  const ask = [...state.asks.values()].find(({ kind, name }) => kind === "child" && name === child);
  const task = ask?.task;
  if (ask === undefined || task === undefined) return [];
  const over = { task: task.key, attempt: task.attempt, durationMs: Math.max(0, nowMs - ask.sinceMs) };
  if (state.status === "cancelling" || state.status === "stopping") return [];
  return [{ type: "task.retried", ...over, cause: "child", dueAtMs: nowMs }];
}

/** A child that was told to end has ended. */
export function decideChildEnded(
  state: RunState,
  { child, report }: { readonly child: string; readonly report?: ChildReport },
  nowMs: number,
): readonly Draft[] {
  const ask = [...state.asks.values()].find(({ kind, name }) => kind === "child" && name === child);
  const task = ask?.task;
  if (ask === undefined || task === undefined) return [];
  if (state.status !== "cancelling" && state.status !== "stopping") return [];
  const settled = report === undefined ? settleLostChild(task) : settleChild(task, report);
  const durationMs = Math.max(0, nowMs - ask.sinceMs);
  return [...settled, { type: "task.cancelled", task: task.key, attempt: task.attempt, durationMs }];
}
