/** Why a command cannot be followed, in words for whoever gave it; decide itself answers such commands with no event. */
import { SIGNALS_KEPT_MAX } from "./decide-wait.ts";
import type { ErrorRecord } from "./error-record.ts";
import { isJsonObject } from "./json.ts";
import { APPROVE_TOOL } from "./mesh-tools.ts";
import { suggestion } from "./nearest-names.ts";
import type { Payload } from "./payload.ts";
import type { RunCommand } from "./run-input.ts";
import { isOver, type RunState } from "./run-state.ts";

/** Undefined: it can be followed. */
export function commandRefusal(state: RunState, command: RunCommand, nowMs: number): ErrorRecord | undefined {
  if (isOver(state)) return overError(state);
  if (state.status === "cancelling" || state.status === "stopping")
    return command.type === "cancel" ? undefined : endingError(state);
  switch (command.type) {
    case "cancel":
      return undefined;
    case "resolve":
      return resolveRefusal(state, command.task);
    case "approve":
    case "reject":
      return answerRefusal(state, command, nowMs);
    case "signal":
      return signalRefusal(state);
    case "continue":
      return continueRefusal(state, command.child);
  }
}

/** The run is over: nothing can be changed any more. */
export function overError({ run, status }: RunState): ErrorRecord {
  return {
    code: "AM_RUN_OVER",
    message: `The run ${run} is over: it has ${status === "cancelled" ? "been cancelled" : status}.`,
    hint: `Look at it with: agentmesh show ${run}`,
    facts: { run, status },
  };
}

function endingError({ run, status }: RunState): ErrorRecord {
  return {
    code: "AM_RUN_ENDING",
    message: `The run ${run} is about to end (${status}).`,
    hint: `Look at it with: agentmesh show ${run}`,
    facts: { run, status },
  };
}

function resolveRefusal(state: RunState, key: string): ErrorRecord | undefined {
  const task = state.taskOf.get(key);
  if (task?.status === "in_doubt") return undefined;
  const inDoubt = [...state.inDoubt].map((each) => each.key);
  const hint =
    inDoubt.length > 0 ? `In doubt: ${inDoubt.slice(0, 10).join(", ")}.` : "No task of this run is in doubt.";
  if (task === undefined) {
    const near = suggestion(
      key,
      state.tasks.map((each) => each.key),
    );
    return {
      code: "AM_UNKNOWN_TASK",
      message: `No task is named "${key}".`,
      hint: `${near} ${hint}`,
      facts: { task: key },
    };
  }
  return {
    code: "AM_NOT_IN_DOUBT",
    message: `"${key}" is not in doubt: it is ${task.status}.`,
    hint,
    facts: { task: key, status: task.status, inDoubt },
  };
}

type Answer = Extract<RunCommand, { type: "approve" | "reject" }>;

function answerRefusal(state: RunState, answer: Answer, nowMs: number): ErrorRecord | undefined {
  const { approval } = answer;
  const ask = state.asks.get(approval);
  if (ask?.kind === "approval" && ask.untilMs > nowMs) return valueRefusal(state, ask.tool, answer);
  const open = [...state.asks.values()].filter((each) => each.kind === "approval").map((each) => each.key);
  const hint =
    open.length > 0 ? `Waiting for approval: ${open.slice(0, 10).join(", ")}.` : "Nothing waits for an approval.";
  return { ...unanswerable(state, approval), hint, facts: { approval, waiting: open } };
}

/** Why nothing of that name can be answered (any more). */
function unanswerable({ asks, decisions }: RunState, approval: string): Pick<ErrorRecord, "code" | "message"> {
  const ask = asks.get(approval);
  const decided = decisions.get(approval);
  if (ask?.kind === "approval" || (decided?.by === "expiry" && ask === undefined))
    return { code: "AM_APPROVAL_EXPIRED", message: `The time to decide on "${approval}" is over.` };
  if (decided !== undefined) {
    const word = decided.isGranted ? "approved" : "rejected";
    return { code: "AM_ALREADY_DECIDED", message: `"${approval}" was ${word} already.` };
  }
  const what = ask === undefined ? "does not wait for an approval" : `waits for a ${ask.kind}, not for an approval`;
  return { code: "AM_NOT_WAITING", message: `"${approval}" ${what}.` };
}

/** A budget is raised to a limit; a call has arguments that can be edited; a question or a plan has none. */
function valueRefusal(state: RunState, tool: string | undefined, answer: Answer): ErrorRecord | undefined {
  if (answer.type === "reject" || answer.args === undefined) return undefined;
  const { approval } = answer;
  if (approval === "budget") return limitRefusal(state, answer.args);
  if (tool !== undefined && tool !== APPROVE_TOOL.name) return undefined;
  return {
    code: "AM_ARGUMENT_INVALID",
    message: `"${approval}" has no arguments that could be edited.`,
    hint: "Answer it without them.",
    facts: { approval },
  };
}

function limitRefusal({ raising }: RunState, { value }: Payload): ErrorRecord | undefined {
  const limit = isJsonObject(value) ? value["limit"] : undefined;
  const needed = raising?.needed ?? 0;
  if (typeof limit === "number" && Number.isInteger(limit) && limit >= needed) return undefined;
  return {
    code: "AM_ARGUMENT_INVALID",
    message: `A budget is raised to { "limit": N }, a whole number of at least ${needed}.`,
    hint: "Approve it without arguments to give as much again.",
    facts: { approval: "budget", needed },
  };
}

function continueRefusal(state: RunState, child: string): ErrorRecord | undefined {
  if ([...state.asks.values()].some(({ kind, name }) => kind === "child" && name === child)) return undefined;
  return {
    code: "AM_NOT_WAITING",
    message: `The run ${state.run} does not wait for the run ${child}.`,
    hint: `Look at it with: agentmesh show ${state.run}`,
    facts: { run: state.run, child },
  };
}

function signalRefusal({ run, signalsKept }: RunState): ErrorRecord | undefined {
  if (signalsKept < SIGNALS_KEPT_MAX) return undefined;
  return {
    code: "AM_TOO_MANY_SIGNALS",
    message: `The run ${run} keeps ${signalsKept} signals that nobody has taken, as many as it may.`,
    hint: "Its plan waits for fewer of them than are sent.",
    facts: { run, kept: signalsKept },
  };
}
