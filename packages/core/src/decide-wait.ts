/** Waits for signals, events and times: how they begin, and how they end. */
import { expireApproval } from "./decide-approval.ts";
import { NULL_PAYLOAD } from "./constant-payload.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { Payload } from "./payload.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { RunCommand, TaskResolution } from "./run-input.ts";
import type { Ask, RunState, TaskState } from "./run-state.ts";
import { taskFailure } from "./task-failure.ts";

type Draft = RunEventDraft;
type Wait = Extract<TaskResolution, { kind: "wait" }>;
type SignalCommand = Extract<RunCommand, { type: "signal" }>;

/** How many signals a run keeps that nobody has taken. */
export const SIGNALS_KEPT_MAX = 1_000;

/** A signal that came before its wait ends it at once. */
export function beginWait(
  state: RunState,
  task: TaskState,
  { wait, nowMs }: { wait: Wait; nowMs: number },
): readonly Draft[] {
  const untilMs = wait.untilMs ?? (wait.inMs === undefined ? undefined : nowMs + wait.inMs);
  const waiting: Draft = {
    type: "task.waiting",
    task: task.key,
    for: wait.for,
    ...(wait.name === undefined ? {} : { name: wait.name }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
  const [kept] = wait.for === "signal" ? (state.signals.get(wait.name ?? "") ?? []) : [];
  return kept === undefined ? [waiting] : [waiting, received(task, kept, 0)];
}

/** A signal goes to the task that has waited longest, and is kept when there is none; an event to all that wait now. */
export function decideSignal(state: RunState, { kind, name, data }: SignalCommand, nowMs: number): readonly Draft[] {
  if (kind === "signal" && state.signalsKept >= SIGNALS_KEPT_MAX) return [];
  const waiting = [...state.asks.values()].filter((ask) => ask.kind === kind && ask.name === name);
  const takers = kind === "signal" ? waiting.slice(0, 1) : waiting;
  return [
    { type: "signal.received", kind, name, data },
    ...takers.flatMap(({ task, sinceMs }) => (task === undefined ? [] : [received(task, data, nowMs - sinceMs)])),
  ];
}

/** The first wait whose time is over, and what that means. */
export function decideExpiry(state: RunState, nowMs: number): readonly Draft[] {
  const ask = state.expiring.first;
  if (ask === undefined || ask.untilMs > nowMs) return [];
  if (ask.kind === "approval") return expireApproval(state, ask, nowMs);
  if (ask.task === undefined) return [];
  const durationMs = Math.max(0, nowMs - ask.sinceMs);
  if (ask.kind === "time") return [received(ask.task, NULL_PAYLOAD, durationMs)];
  return [taskFailure(ask.task, { error: waitTimeout(ask), durationMs })];
}

function received(task: TaskState, output: Payload, durationMs: number): Draft {
  return { type: "task.succeeded", task: task.key, attempt: task.attempt, output, durationMs: Math.max(0, durationMs) };
}

function waitTimeout({ key, kind, name }: Ask): ErrorRecord {
  return {
    code: "AM_WAIT_TIMEOUT",
    message: `"${key}" waited for the ${kind} "${name ?? ""}", and it did not come in time.`,
    hint: kind === "signal" ? `Send it with: agentmesh signal RUN ${name ?? ""}` : "Raise timeoutMs.",
    facts: { task: key, kind, name: name ?? "" },
  };
}
