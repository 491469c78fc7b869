/**
 * Decides what a fact from outside means for a run: the events that follow, and nothing else. Pure: the state is only read,
 * time is an argument, chance is derived from names. A late or repeated input gives no event.
 */
import { decideAdvance } from "./decide-advance.ts";
import { decideNodeFailed, decideNodeSucceeded } from "./decide-node.ts";
import { decideCallFailed, decideCallSucceeded, decideResolve, decideTaskResolved } from "./decide-task.ts";
import { evolve } from "./evolve.ts";
import { type RunEvent, type RunEventDraft, EVENT_VERSION } from "./run-event.ts";
import type { RunCommand, RunInput, StartInput } from "./run-input.ts";
import { isOver, type RunState } from "./run-state.ts";

type Outcome = Exclude<RunInput, RunCommand | StartInput | { readonly type: "advance" }>;

/** How often one transition may look again at what follows from the state itself; beyond it the core is wrong. */
const ADVANCES_MAX = 1_000_000;

/** `run`: the id of the run, needed by the first event only. */
export function decide(
  state: RunState,
  input: RunInput,
  at: { readonly nowMs: number; readonly run: string },
): readonly RunEvent[] {
  const drafts = draftsFor(state, input, at.nowMs);
  return drafts.map((draft, index) => ({
    ...draft,
    v: EVENT_VERSION,
    seq: state.seq + 1 + index,
    atMs: at.nowMs,
    run: at.run,
  }));
}

/** Decides, folds, and goes on until nothing more follows from the state: one whole turn, as the events that it gave. */
export function transition(
  state: RunState,
  input: RunInput,
  at: { readonly nowMs: number; readonly run: string },
): readonly RunEvent[] {
  const all: RunEvent[] = [];
  let next: RunInput = input;
  for (let round = 0; round < ADVANCES_MAX; round++) {
    const events = decide(state, next, at);
    if (events.length === 0 && next.type === "advance") break;
    for (const event of events) {
      evolve(state, event);
      all.push(event);
    }
    next = { type: "advance" };
  }
  return all;
}

function draftsFor(state: RunState, input: RunInput, nowMs: number): readonly RunEventDraft[] {
  if (input.type === "start") return state.status === "none" ? decideStart(input) : [];
  if (state.status === "none" || isOver(state)) return [];
  switch (input.type) {
    case "cancel":
      return state.status === "cancelling" ? [] : [{ type: "run.cancel_requested", reason: input.reason }];
    case "resolve":
      return decideResolve(state, input);
    case "advance":
      return decideAdvance(state);
    default:
      return decideOutcome(state, input, nowMs);
  }
}

function decideOutcome(state: RunState, input: Outcome, nowMs: number): readonly RunEventDraft[] {
  switch (input.type) {
    case "node-succeeded":
      return decideNodeSucceeded(state, input);
    case "node-failed":
      return decideNodeFailed(state, input);
    case "task-resolved":
      return decideTaskResolved(state, input, nowMs);
    case "call-succeeded":
      return decideCallSucceeded(state, input, nowMs);
    case "call-failed":
      return decideCallFailed(state, input, nowMs);
    case "model-called":
      return [{ type: input.record.error === undefined ? "model.called" : "model.failed", ...input.record }];
  }
}

function decideStart(input: StartInput): readonly RunEventDraft[] {
  const { tenant, name, inputs, policy, work, mode } = input;
  const created: RunEventDraft = {
    type: "run.created",
    tenant,
    name,
    inputs,
    policy,
    ...("goal" in work ? { goal: work.goal } : {}),
    ...(mode === "plan" ? { mode } : {}),
  };
  const started: RunEventDraft = { type: "run.started" };
  if ("goal" in work) return [created, started, { type: "node.started", node: "planner", call: "planner#1" }];
  const proposed: RunEventDraft = { type: "plan.proposed", revision: 1, by: "caller", plan: work.plan };
  return [created, started, proposed, { type: "node.started", node: "router", call: "router#1" }];
}
