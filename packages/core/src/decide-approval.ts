/** Questions to people: when a call, a plan or a budget asks, and what an answer, or none in time, means. */
import { type ApprovalTerms, approvalTermsOf } from "./approval-policy.ts";
import { APPROVED_PAYLOAD, REJECTED_PAYLOAD } from "./constant-payload.ts";
import { budgetRaise, outOfBudget } from "./decide-budget.ts";
import type { ErrorRecord } from "./error-record.ts";
import { APPROVE_TOOL } from "./mesh-tools.ts";
import type { Payload } from "./payload.ts";
import type { RunEventDraft } from "./run-event.ts";
import { endFailed } from "./run-failure.ts";
import type { InputAskedInput, RunCommand, TaskResolution } from "./run-input.ts";
import { type Ask, bindingOf, type RunState, type TaskState } from "./run-state.ts";
import { taskFailure } from "./task-failure.ts";

type Draft = RunEventDraft;
type Question = Extract<TaskResolution, { kind: "ask" }>;
type Answer = Extract<RunCommand, { type: "approve" | "reject" }>;

/** The name of a call that a person can agree to: another tool or other arguments are another call. */
export function callOf(state: RunState, task: TaskState, args: Payload): string {
  return `${bindingOf(state, task)?.tool ?? ""}:${args.hash}`;
}

/** The question before a call; undefined when nobody has to be asked, or somebody has agreed to this very call. */
export function questionBefore(
  state: RunState,
  task: TaskState,
  call: { readonly args: Payload; readonly nowMs: number },
): Draft | undefined {
  if (task.approvedCall === callOf(state, task, call.args)) return undefined;
  const terms = approvalTermsOf(state, task);
  if (terms === undefined) return undefined;
  const tool = bindingOf(state, task)?.tool ?? task.compiled.spec.use;
  return { ...request(task.key, terms, call.nowMs), subject: "task", tool, args: call.args };
}

/** `mesh.approve`: the question is the task. */
export function askQuestion(task: TaskState, question: Question, nowMs: number): Draft {
  return { ...request(task.key, question, nowMs), subject: "task", tool: APPROVE_TOOL.name, args: question.args };
}

export function askForPlan(revision: number, tasks: number): Draft {
  const message = `Plan v${revision} with ${tasks} ${tasks === 1 ? "task" : "tasks"} is to be run.`;
  return { type: "approval.requested", approval: "plan", subject: "plan", message };
}

/** A call asks in its middle: it goes on being under way. One question at a time. */
export function decideInput(state: RunState, input: InputAskedInput, nowMs: number): readonly Draft[] {
  const task = state.taskOf.get(input.task);
  const isOpen = task?.status === "running" && task.attempt === input.attempt && state.status === "running";
  if (!isOpen || state.asks.has(task.key)) return [];
  const { form, message, expiresMs } = input;
  const tool = bindingOf(state, task)?.tool ?? task.compiled.spec.use;
  return [{ ...request(task.key, { message, expiresMs }, nowMs), subject: "input", tool, form }];
}

function request(
  key: string,
  { message, expiresMs, default: choice }: ApprovalTerms,
  nowMs: number,
): Pick<Extract<Draft, { type: "approval.requested" }>, "type" | "approval"> {
  return {
    type: "approval.requested",
    approval: key,
    ...(message === undefined ? {} : { message }),
    ...(expiresMs === undefined ? {} : { expiresAtMs: nowMs + expiresMs }),
    ...(choice === undefined ? {} : { default: choice }),
  };
}

/** Late, repeated and expired answers give no event. */
export function decideAnswer(state: RunState, answer: Answer, nowMs: number): readonly Draft[] {
  const ask = state.asks.get(answer.approval);
  if (ask?.kind !== "approval" || ask.untilMs <= nowMs) return [];
  const note = answer.note === undefined ? {} : { note: answer.note };
  if (answer.type === "reject") return deny(state, ask, { by: "person", nowMs, ...note });
  const args = answer.args === undefined ? {} : { args: answer.args };
  return grant(state, ask, { by: "person", ...args, ...note });
}

/** The time of a question is over: its default holds. */
export function expireApproval(state: RunState, ask: Ask, nowMs: number): readonly Draft[] {
  return ask.default === "approve" ? grant(state, ask, { by: "expiry" }) : deny(state, ask, { by: "expiry", nowMs });
}

interface Granting {
  readonly by: "person" | "expiry";
  readonly args?: Payload;
  readonly note?: string;
}

function grant(state: RunState, ask: Ask, { by, args, note }: Granting): readonly Draft[] {
  const granted: Draft = {
    type: "approval.granted",
    approval: ask.key,
    by,
    ...(args === undefined ? {} : { args }),
    ...(note === undefined ? {} : { note }),
  };
  if (ask.subject === "input") return [granted];
  if (ask.subject === "budget") return [granted, ...budgetRaise(state, args)];
  return [granted, ...decision(ask, APPROVED_PAYLOAD)];
}

interface Denying {
  readonly by: "person" | "expiry";
  readonly nowMs: number;
  readonly note?: string;
}

function deny(state: RunState, ask: Ask, { by, nowMs, note }: Denying): readonly Draft[] {
  const denied: Draft = {
    type: "approval.denied",
    approval: ask.key,
    by,
    ...(note === undefined ? {} : { note }),
  };
  if (ask.subject === "input") return [denied];
  if (ask.subject === "budget") return [denied, ...outOfBudget(state, nowMs)];
  const error = denialOf(ask, by, note);
  if (ask.task === undefined) return [denied, ...endFailed(state, error)];
  if (ask.tool === APPROVE_TOOL.name) return [denied, ...decision(ask, REJECTED_PAYLOAD)];
  return [denied, taskFailure(ask.task, { error, durationMs: 0 })];
}

/** For `mesh.approve` the decision is the task's value. */
function decision({ task, tool }: Ask, output: Payload): readonly Draft[] {
  if (task === undefined || tool !== APPROVE_TOOL.name) return [];
  return [{ type: "task.succeeded", task: task.key, attempt: task.attempt, output, durationMs: 0 }];
}

function denialOf({ key, task }: Ask, by: "person" | "expiry", note: string | undefined): ErrorRecord {
  const what = task === undefined ? "The plan" : `"${key}"`;
  const why = by === "person" ? "was refused" : "was not approved in time";
  return {
    code: task === undefined ? "AM_PLAN_DENIED" : "AM_APPROVAL_DENIED",
    message: `${what} ${why}${note === undefined ? "." : `: ${note}`}`,
    hint: "Nothing was called. Start a new run when the answer would be another one.",
    facts: { approval: key, by },
  };
}
