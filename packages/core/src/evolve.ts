/**
 * Folds one event into the state. Work is proportional to what the event changes. Throws JournalOrderError on an event that
 * does not follow; anything else in a stored event is taken as it is: checking was the business of decide.
 */
import { type AskEvent, endChildren, evolveAsk } from "./evolve-ask.ts";
import { type ChildEvent, evolveChild } from "./evolve-child.ts";
import { type BudgetEvent, evolveBudget, freeReservation } from "./evolve-budget.ts";
import { evolveTask } from "./evolve-task.ts";
import { applyPlan } from "./evolve-plan.ts";
import { MeshError } from "./mesh-error.ts";
import { activeMsAt, limitsOf } from "./run-budget.ts";
import type { RunEvent, RunEventOf } from "./run-event.ts";
import { enable, type OpenNode, type RunState } from "./run-state.ts";
import { closeAsk, recall } from "./task-schedule.ts";

/** An event is not the next one of its run: the journal has a gap, a double, or events of another run. */
export class JournalOrderError extends MeshError {
  constructor(expected: number, event: RunEvent) {
    super({
      code: "AM_JOURNAL_ORDER",
      message: `Run ${event.run} expects event ${expected}, but got event ${event.seq} (${event.type}).`,
      hint: "The journal was changed from outside, or two processes drive the run.",
      facts: { run: event.run, expected, seq: event.seq, type: event.type },
    });
  }
}

/** Returns the same state object, changed. */
export function evolve(state: RunState, event: RunEvent): RunState {
  if (event.seq !== state.seq + 1) throw new JournalOrderError(state.seq + 1, event);
  state.seq = event.seq;
  if (event.type.startsWith("task.")) evolveTask(state, event as TaskEvent);
  else if (event.type.startsWith("budget.")) evolveBudget(state, event as BudgetEvent);
  else if (event.type.startsWith("approval.") || event.type === "signal.received") evolveAsk(state, event as AskEvent);
  else if (event.type === "child.started" || event.type === "child.settled") evolveChild(state, event);
  else evolveRun(state, event as OtherEvent);
  state.lastAtMs = event.atMs;
  return state;
}

export type TaskEvent = Extract<RunEvent, { type: `task.${string}` }>;
type OtherEvent = Exclude<RunEvent, TaskEvent | BudgetEvent | AskEvent | ChildEvent>;

function evolveRun(state: RunState, event: OtherEvent): void {
  switch (event.type) {
    case "run.created":
      return create(state, event);
    case "run.started":
      state.status = "running";
      state.activeSinceMs = event.atMs;
      return;
    case "run.suspended":
      state.activeMs = activeMsAt(state, event.atMs);
      state.status = "suspended";
      return;
    case "run.resumed":
      return resume(state, event);
    case "run.cancel_requested":
      return beginCancel(state);
    case "run.succeeded":
    case "run.failed":
    case "run.cancelled":
      return end(state, event);
    default:
      return evolvePipeline(state, event);
  }
}

type PipelineEvent = Exclude<OtherEvent, { readonly type: `run.${string}` }>;

function evolvePipeline(state: RunState, event: PipelineEvent): void {
  switch (event.type) {
    case "node.started":
      return openNode(state, event);
    case "node.succeeded":
    case "node.failed":
      state.openNode = undefined;
      state.isNodeParked = false;
      return;
    case "model.called":
    case "model.failed":
      return countModelCall(state, event);
    case "plan.proposed":
      state.proposal = { revision: event.revision, plan: event.plan, by: event.by };
      return;
    case "plan.rejected":
      state.findings = event.findings;
      return;
    case "plan.accepted":
    case "plan.patched":
      return applyPlan(state, event);
    case "tool.drifted":
      state.drifted.set(event.tool, event.is);
      return;
    case "answer.composed":
      state.answer = event.answer;
      state.citations = event.citations;
  }
}

function resume(state: RunState, event: RunEventOf<"run.resumed">): void {
  state.activeMs = activeMsAt(state, state.lastAtMs);
  state.activeSinceMs = event.atMs;
  if (state.status === "suspended") state.status = "running";
  if (event.cause !== "recovered" || state.openNode === undefined || state.isNodeParked) return;
  if (state.status === "running")
    enable(state, { type: "run-node", node: state.openNode.node, call: state.openNode.call });
}

function beginCancel(state: RunState): void {
  state.status = "cancelling";
  recall(state);
  for (const { key, kind } of state.asks.values()) if (kind !== "child") closeAsk(state, key);
  enable(state, { type: "cancel-calls" });
  endChildren(state);
}

function create(state: RunState, event: RunEventOf<"run.created">): void {
  state.run = event.run;
  state.tenant = event.tenant;
  state.name = event.name;
  state.goal = event.goal;
  state.mode = event.mode ?? "run";
  state.fork = event.fork;
  state.parent = event.parent;
  state.inputs = event.inputs;
  state.policy = event.policy;
  state.scope = event.scope;
  for (const [kind, limit] of limitsOf(event.policy)) state.limits.set(kind, limit);
  state.createdAtMs = event.atMs;
}

function end(state: RunState, event: RunEventOf<"run.succeeded" | "run.failed" | "run.cancelled">): void {
  state.status = event.type === "run.succeeded" ? "succeeded" : event.type === "run.failed" ? "failed" : "cancelled";
  state.endedAtMs = event.atMs;
  if (event.type === "run.succeeded") state.output = event.output;
  if (event.type === "run.failed") state.error = event.error;
}

function countModelCall(state: RunState, { usage, ...call }: RunEventOf<"model.called" | "model.failed">): void {
  if (call.cache === "hit") state.usage.cacheHits = (state.usage.cacheHits ?? 0) + 1;
  else state.usage.modelCalls++;
  state.usage.inputTokens += usage.inputTokens;
  state.usage.outputTokens += usage.outputTokens;
  state.usage.isExact &&= usage.isExact;
  state.usage.costMicroUsd += call.costMicroUsd ?? 0;
  freeReservation(state, call.reservation);
}

function openNode(state: RunState, event: RunEventOf<"node.started">): void {
  const open: OpenNode = { node: event.node, call: event.call, startedAtMs: event.atMs };
  state.openNode = open;
  state.nodeCalls.set(event.node, (state.nodeCalls.get(event.node) ?? 0) + 1);
  if (event.node === "planner") state.planAttempts++;
  enable(state, { type: "run-node", node: event.node, call: event.call });
}
