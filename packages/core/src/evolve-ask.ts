/** Folds questions to people, waits and signals: what the run waits for outside itself, and how that ends. */
import { callOf } from "./decide-approval.ts";
import { APPROVE_TOOL } from "./mesh-tools.ts";
import type { RunEffect } from "./run-effect.ts";
import type { RunEventOf } from "./run-event.ts";
import { type Ask, enable, type RunState, type TaskState } from "./run-state.ts";
import { closeAsk, makeReady, openAsk, release } from "./task-schedule.ts";

export type AskEvent = RunEventOf<"approval.requested" | "approval.granted" | "approval.denied" | "signal.received">;

export function evolveAsk(state: RunState, event: AskEvent): void {
  switch (event.type) {
    case "approval.requested":
      return requestApproval(state, event);
    case "approval.granted":
      return grant(state, event);
    case "approval.denied":
      return deny(state, event);
    case "signal.received":
      return keepSignal(state, event);
  }
}

/** The task stands still from now on, and holds no slot. */
export function standStill(state: RunState, task: TaskState, atMs: number): void {
  release(state, task);
  task.status = "waiting";
  if (task.startedAtMs === 0) task.startedAtMs = atMs;
}

/** A run that waits for somebody is looked after; while this one ends, it is told to end. */
export function enableChild(state: RunState, child: string): void {
  const isEnding = state.status === "cancelling" || state.status === "stopping";
  enable(state, { type: isEnding ? "end-child" : "watch-child", child });
}

/** Every run that waits for somebody is told to end. */
export function endChildren(state: RunState): void {
  if (state.waitingChildren === 0) return;
  for (const { kind, name } of state.asks.values())
    if (kind === "child") enable(state, { type: "end-child", child: name ?? "" });
}

/** A wait for a signal that ends well has taken the oldest one of that name. */
export function takeSignal(state: RunState, ask: Ask | undefined): void {
  if (ask?.kind !== "signal") return;
  const kept = state.signals.get(ask.name ?? "");
  if (kept?.shift() === undefined) return;
  state.signalsKept--;
  if (kept.length === 0) state.signals.delete(ask.name ?? "");
}

function requestApproval(state: RunState, event: RunEventOf<"approval.requested">): void {
  const isAboutCall = event.subject === "task" || event.subject === "input";
  const task = isAboutCall ? state.taskOf.get(event.approval) : undefined;
  if (task !== undefined && event.subject === "task") {
    release(state, task);
    task.status = "waiting";
    if (event.tool === APPROVE_TOOL.name) task.attempt = 1;
  }
  openAsk(state, {
    key: event.approval,
    kind: "approval",
    subject: event.subject,
    task,
    name: undefined,
    sinceMs: event.atMs,
    untilMs: event.expiresAtMs ?? Number.POSITIVE_INFINITY,
    default: event.default ?? "reject",
    message: event.message,
    tool: event.tool,
    args: event.args,
    form: event.form,
  });
}

/** A task whose question is the task itself is settled by an event of its own. */
function grant(state: RunState, event: RunEventOf<"approval.granted">): void {
  const ask = closeAsk(state, event.approval);
  state.decisions.set(event.approval, { isGranted: true, by: event.by });
  if (ask?.task === undefined || ask.tool === APPROVE_TOOL.name) return;
  if (ask.subject === "input") return answer(state, ask.task, { as: "accept", content: event.args });
  const args = event.args ?? ask.args;
  ask.task.editedArgs = event.args;
  ask.task.approvedCall = args === undefined ? undefined : callOf(state, ask.task, args);
  makeReady(state, ask.task, event.atMs);
}

function deny(state: RunState, { approval, by }: RunEventOf<"approval.denied">): void {
  const ask = closeAsk(state, approval);
  state.decisions.set(approval, { isGranted: false, by });
  if (ask?.subject !== "input" || ask.task === undefined) return;
  answer(state, ask.task, { as: by === "person" ? "decline" : "expire", content: undefined });
}

type InputAnswer = Pick<Extract<RunEffect, { type: "answer-input" }>, "as" | "content">;

function answer(state: RunState, { key, attempt }: TaskState, given: InputAnswer): void {
  enable(state, { type: "answer-input", task: key, attempt, ...given });
}

function keepSignal(state: RunState, { kind, name, data }: RunEventOf<"signal.received">): void {
  if (kind === "event") return;
  const kept = state.signals.get(name);
  if (kept === undefined) state.signals.set(name, [data]);
  else kept.push(data);
  state.signalsKept++;
}
