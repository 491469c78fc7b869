/**
 * Decides what a fact from outside means for a run: the events that follow, and nothing else. Pure: the state is only read,
 * time is an argument, chance is derived from names. A late or repeated input gives no event.
 */
import { decideAdvance } from "./decide-advance.ts";
import { decideAnswer, decideInput } from "./decide-approval.ts";
import { decideReserve } from "./decide-budget.ts";
import { decideCallSuspended, decideChildEnded, decideContinue } from "./decide-child.ts";
import { decideNodeFailed, decideNodeSucceeded } from "./decide-node.ts";
import { decideCallFailed, decideCallSucceeded, decideResolve, decideTaskResolved } from "./decide-task.ts";
import { decideRecover } from "./decide-recover.ts";
import { decideSignal } from "./decide-wait.ts";
import { evolve } from "./evolve.ts";
import { type RunEvent, type RunEventDraft, EVENT_VERSION } from "./run-event.ts";
import { type ModelReservingInput, RunCommand, type RunInput, type StartInput } from "./run-input.ts";
import { isOver, type RunState } from "./run-state.ts";

type Outcome = Exclude<
  RunInput,
  RunCommand | StartInput | ModelReservingInput | { readonly type: "advance" | "recover" }
>;

const COMMANDS: ReadonlySet<string> = new Set(RunCommand.options.map((option) => option.shape.type.value));

/** How often one transition may look again at what follows from the state itself; beyond it the core is wrong. */
const ADVANCES_MAX = 1_000_000;

const NO_EVENTS: readonly RunEvent[] = [];

/** `run`: the id of the run, needed by the first event only. */
export function decide(
  state: RunState,
  input: RunInput,
  at: { readonly nowMs: number; readonly run: string },
): readonly RunEvent[] {
  const drafts = draftsFor(state, input, at.nowMs);
  return drafts.length === 0
    ? NO_EVENTS
    : drafts.map((draft, index) => ({
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
  let all = fold(state, decide(state, input, at));
  if (input.type === "advance" && all.length === 0) return all;
  for (let round = 0; round < ADVANCES_MAX; round++) {
    const events = fold(state, decide(state, ADVANCE, at));
    if (events.length === 0) break;
    all = all.length === 0 ? events : [...all, ...events];
  }
  return all;
}

const ADVANCE: RunInput = { type: "advance" };

function fold(state: RunState, events: readonly RunEvent[]): readonly RunEvent[] {
  for (const event of events) evolve(state, event);
  return events;
}

function draftsFor(state: RunState, input: RunInput, nowMs: number): readonly RunEventDraft[] {
  if (input.type === "start") return state.status === "none" ? decideStart(input) : [];
  if (state.status === "none" || isOver(state)) return [];
  if (isCommand(input)) return decideCommand(state, input, nowMs);
  switch (input.type) {
    case "advance":
      return decideAdvance(state, nowMs);
    case "recover":
      return decideRecover(state, nowMs);
    case "model-reserving":
      return decideReserve(state, input, nowMs);
    default:
      return decideOutcome(state, input, nowMs);
  }
}

function isCommand(input: RunInput): input is RunCommand {
  return COMMANDS.has(input.type);
}

/** A command that is followed wakes a suspended run. */
function decideCommand(state: RunState, command: RunCommand, nowMs: number): readonly RunEventDraft[] {
  if (state.status === "cancelling" || (state.status === "stopping" && command.type !== "cancel")) return [];
  if (command.type === "cancel") return [{ type: "run.cancel_requested", reason: command.reason }];
  const followed = followCommand(state, command, nowMs);
  return state.status === "suspended" && followed.length > 0 ? [{ type: "run.resumed" }, ...followed] : followed;
}

function followCommand(
  state: RunState,
  command: Exclude<RunCommand, { type: "cancel" }>,
  nowMs: number,
): readonly RunEventDraft[] {
  if (command.type === "resolve") return decideResolve(state, command);
  if (command.type === "continue") return decideContinue(state, command, nowMs);
  if (command.type === "signal") return decideSignal(state, command, nowMs);
  return decideAnswer(state, command, nowMs);
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
    case "input-asked":
      return decideInput(state, input, nowMs);
    case "call-suspended":
      return decideCallSuspended(state, input);
    case "child-ended":
      return decideChildEnded(state, input, nowMs);
    case "model-called":
      return [{ type: input.record.error === undefined ? "model.called" : "model.failed", ...input.record }];
  }
}

function decideStart(input: StartInput): readonly RunEventDraft[] {
  const { tenant, name, inputs, policy, work, mode, fork, parent, scope } = input;
  const created: RunEventDraft = {
    type: "run.created",
    tenant,
    name,
    inputs,
    policy,
    ...goalOf(input),
    ...(mode === "plan" ? { mode } : {}),
    ...(fork === undefined ? {} : { fork: fork.origin }),
    ...(parent === undefined ? {} : { parent }),
    ...(scope === undefined ? {} : { scope }),
  };
  const started: RunEventDraft = { type: "run.started" };
  if ("goal" in work) return [created, started, { type: "node.started", node: "planner", call: "planner#1" }];
  const proposed: RunEventDraft = { type: "plan.proposed", revision: 1, by: fork?.by ?? "caller", plan: work.plan };
  const reused = (fork?.reused ?? []).map((task): RunEventDraft => ({ type: "task.reused", ...task }));
  return [created, started, proposed, ...reused, { type: "node.started", node: "router", call: "router#1" }];
}

function goalOf({ work, fork }: StartInput): { goal?: string } {
  const goal = "goal" in work ? work.goal : fork?.goal;
  return goal === undefined ? {} : { goal };
}
