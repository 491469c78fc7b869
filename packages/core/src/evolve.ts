/**
 * Folds one event into the state. Work is proportional to what the event changes. Throws JournalOrderError on an event that
 * does not follow; anything else in a stored event is taken as it is: checking was the business of decide.
 */
import { evolveTask } from "./evolve-task.ts";
import { applyPlan } from "./evolve-plan.ts";
import { MeshError } from "./mesh-error.ts";
import type { RunEvent, RunEventOf } from "./run-event.ts";
import type { OpenNode, RunState } from "./run-state.ts";
import { recall } from "./task-schedule.ts";

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
  else evolveRun(state, event as Exclude<RunEvent, TaskEvent>);
  return state;
}

export type TaskEvent = Extract<RunEvent, { type: `task.${string}` }>;
type OtherEvent = Exclude<RunEvent, TaskEvent>;

function evolveRun(state: RunState, event: OtherEvent): void {
  switch (event.type) {
    case "run.created":
      return create(state, event);
    case "run.started":
      state.status = "running";
      return;
    case "run.suspended":
      state.status = "suspended";
      return;
    case "run.resumed":
      state.status = "running";
      return;
    case "run.cancel_requested":
      state.status = "cancelling";
      recall(state);
      state.effects.push({ type: "cancel-calls" });
      return;
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
      return;
    case "model.called":
    case "model.failed":
      state.usage.modelCalls++;
      state.usage.inputTokens += event.usage.inputTokens;
      state.usage.outputTokens += event.usage.outputTokens;
      state.usage.isExact &&= event.usage.isExact;
      return;
    case "plan.proposed":
      state.proposal = { revision: event.revision, plan: event.plan, by: event.by };
      return;
    case "plan.rejected":
      state.findings = event.findings;
      return;
    case "plan.accepted":
    case "plan.patched":
      return applyPlan(state, event);
    case "answer.composed":
      state.answer = event.answer;
      state.citations = event.citations;
  }
}

function create(state: RunState, event: RunEventOf<"run.created">): void {
  state.run = event.run;
  state.tenant = event.tenant;
  state.name = event.name;
  state.goal = event.goal;
  state.mode = event.mode ?? "run";
  state.inputs = event.inputs;
  state.policy = event.policy;
  state.createdAtMs = event.atMs;
}

function end(state: RunState, event: RunEventOf<"run.succeeded" | "run.failed" | "run.cancelled">): void {
  state.status = event.type === "run.succeeded" ? "succeeded" : event.type === "run.failed" ? "failed" : "cancelled";
  state.endedAtMs = event.atMs;
  if (event.type === "run.succeeded") state.output = event.output;
  if (event.type === "run.failed") state.error = event.error;
}

function openNode(state: RunState, event: RunEventOf<"node.started">): void {
  const open: OpenNode = { node: event.node, call: event.call, startedAtMs: event.atMs };
  state.openNode = open;
  state.nodeCalls.set(event.node, (state.nodeCalls.get(event.node) ?? 0) + 1);
  if (event.node === "planner") state.planAttempts++;
  state.effects.push({ type: "run-node", node: event.node, call: event.call });
}
