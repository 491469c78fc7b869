/**
 * Facts that have happened to a run, in order: its journal. Everything else (state, views, traces) is a fold of these.
 * A stored schema only grows: a field may be added as optional, none may change or go.
 */
import { z } from "zod";
import { ErrorRecord } from "./error-record.ts";
import { Finding } from "./finding.ts";
import { ModelCallRecord } from "./model-call.ts";
import { NodeName } from "./node-name.ts";
import { Payload } from "./payload.ts";
import { Plan } from "./plan.ts";
import { RunPolicy } from "./run-policy.ts";
import { ToolBindings } from "./tool-binding.ts";

/** The version of every event below. */
export const EVENT_VERSION = 1;

const envelope = {
  v: z.literal(EVENT_VERSION),
  /** 1, 2, 3... without a gap, per run. */
  seq: z.int().min(1),
  /** Milliseconds since the Unix epoch, stamped by the driver. */
  atMs: z.int(),
  run: z.string(),
};
const node = { node: NodeName, /** `planner#2`: the node and how often it was called. */ call: z.string() };
const attempt = {
  /** A task's key: its id, or `pages[3]` for an element. */ task: z.string(),
  attempt: z.int().min(1),
};
const durationMs = z.int().min(0);

const RunCreated = z.strictObject({
  type: z.literal("run.created"),
  ...envelope,
  tenant: z.string(),
  name: z.string(),
  /** Absent when the run was given a plan. */
  goal: z.string().optional(),
  /** `plan`: the run ends once its plan is accepted; no tool is called. Absent: `run`. */
  mode: z.enum(["run", "plan"]).optional(),
  inputs: Payload,
  policy: RunPolicy,
});
const RunStarted = z.strictObject({ type: z.literal("run.started"), ...envelope });
/** `tasks`: what it waits for, each a task in doubt. */
const RunSuspended = z.strictObject({
  type: z.literal("run.suspended"),
  ...envelope,
  reason: z.enum(["in_doubt"]),
  tasks: z.array(z.string()),
});
const RunResumed = z.strictObject({ type: z.literal("run.resumed"), ...envelope });
const RunCancelRequested = z.strictObject({ type: z.literal("run.cancel_requested"), ...envelope, reason: z.string() });
const RunSucceeded = z.strictObject({ type: z.literal("run.succeeded"), ...envelope, output: Payload.optional() });
const RunFailed = z.strictObject({ type: z.literal("run.failed"), ...envelope, error: ErrorRecord });
const RunCancelled = z.strictObject({ type: z.literal("run.cancelled"), ...envelope });

const NodeStarted = z.strictObject({ type: z.literal("node.started"), ...envelope, ...node });
const NodeSucceeded = z.strictObject({
  type: z.literal("node.succeeded"),
  ...envelope,
  ...node,
  input: Payload,
  output: Payload,
  durationMs,
});
const NodeFailed = z.strictObject({
  type: z.literal("node.failed"),
  ...envelope,
  ...node,
  input: Payload.optional(),
  error: ErrorRecord,
  durationMs,
});

const ModelCalled = z.strictObject({ type: z.literal("model.called"), ...envelope, ...ModelCallRecord.shape });
const ModelFailed = z.strictObject({ type: z.literal("model.failed"), ...envelope, ...ModelCallRecord.shape });

const PlanProposed = z.strictObject({
  type: z.literal("plan.proposed"),
  ...envelope,
  revision: z.int().min(1),
  by: z.enum(["caller", "planner"]),
  plan: Plan,
});
/** `by`: the check, before it ran; or the validator, after. */
const PlanRejected = z.strictObject({
  type: z.literal("plan.rejected"),
  ...envelope,
  by: z.enum(["check", "validator"]),
  revision: z.int().min(1),
  findings: z.array(Finding),
});
const PlanAccepted = z.strictObject({
  type: z.literal("plan.accepted"),
  ...envelope,
  revision: z.int().min(1),
  bindings: ToolBindings,
  findings: z.array(Finding),
});
/** The accepted plan replaces the one before; tasks that had started are in both, unchanged. */
const PlanPatched = z.strictObject({
  type: z.literal("plan.patched"),
  ...envelope,
  revision: z.int().min(2),
  bindings: ToolBindings,
  findings: z.array(Finding),
  added: z.array(z.string()),
  removed: z.array(z.string()),
  /** Failed or skipped tasks that no longer count. */
  superseded: z.array(z.string()),
  reason: z.array(Finding),
});

const TaskExpanded = z.strictObject({
  type: z.literal("task.expanded"),
  ...envelope,
  task: z.string(),
  count: z.int().min(0),
});
/** The intent: stored before the call is made. */
const TaskStarted = z.strictObject({
  type: z.literal("task.started"),
  ...envelope,
  ...attempt,
  args: Payload,
  /** From ready to started. */
  queueMs: z.int().min(0),
});
/** The attempt is over and another one follows, not before `dueAtMs`. */
const TaskRetried = z.strictObject({
  type: z.literal("task.retried"),
  ...envelope,
  ...attempt,
  /** `error`: it failed and may be tried again. `doubt`: its outcome is unknown and repeating it is safe. `repeat`: `until` is not true yet. `fallback`: `onError` names another tool. */
  cause: z.enum(["error", "doubt", "repeat", "fallback"]),
  dueAtMs: z.int(),
  durationMs,
  error: ErrorRecord.optional(),
});
/** `output` is absent for an `each`: its value is the list of its elements' values. */
const TaskSucceeded = z.strictObject({
  type: z.literal("task.succeeded"),
  ...envelope,
  task: z.string(),
  attempt: z.int().min(0),
  output: Payload.optional(),
  durationMs,
});
/** `isHandled`: the plan goes on with null in its place. */
const TaskFailed = z.strictObject({
  type: z.literal("task.failed"),
  ...envelope,
  task: z.string(),
  attempt: z.int().min(0),
  error: ErrorRecord,
  isHandled: z.boolean().optional(),
  durationMs,
});
const TaskSkipped = z.strictObject({
  type: z.literal("task.skipped"),
  ...envelope,
  task: z.string(),
  reason: z.enum(["when", "dependency", "group"]),
});
const TaskCancelled = z.strictObject({ type: z.literal("task.cancelled"), ...envelope, ...attempt, durationMs });
const TaskInDoubt = z.strictObject({
  type: z.literal("task.in_doubt"),
  ...envelope,
  ...attempt,
  error: ErrorRecord,
  durationMs,
});
const TaskResolved = z.strictObject({
  type: z.literal("task.resolved"),
  ...envelope,
  task: z.string(),
  as: z.enum(["done", "retry", "fail"]),
  by: z.enum(["person", "policy"]),
  output: Payload.optional(),
});

const AnswerComposed = z.strictObject({
  type: z.literal("answer.composed"),
  ...envelope,
  answer: Payload,
  /** The ids of the tasks that it cites, each a task that succeeded. */
  citations: z.array(z.string()),
  /** Citations of tasks that do not exist, taken out of the text. */
  removedCitations: z.array(z.string()),
});

export const RunEvent = z.discriminatedUnion("type", [
  RunCreated,
  RunStarted,
  RunSuspended,
  RunResumed,
  RunCancelRequested,
  RunSucceeded,
  RunFailed,
  RunCancelled,
  NodeStarted,
  NodeSucceeded,
  NodeFailed,
  ModelCalled,
  ModelFailed,
  PlanProposed,
  PlanRejected,
  PlanAccepted,
  PlanPatched,
  TaskExpanded,
  TaskStarted,
  TaskRetried,
  TaskSucceeded,
  TaskFailed,
  TaskSkipped,
  TaskCancelled,
  TaskInDoubt,
  TaskResolved,
  AnswerComposed,
]);
export type RunEvent = z.infer<typeof RunEvent>;
export type RunEventType = RunEvent["type"];
export type RunEventOf<Type extends RunEventType> = Extract<RunEvent, { type: Type }>;

/** An event before the driver's stamp: what a decision produces. */
export type RunEventDraft = {
  [Type in RunEventType]: Omit<RunEventOf<Type>, "v" | "seq" | "atMs" | "run">;
}[RunEventType];

/** Whether nothing can follow this event (promise 4). */
export function isTerminal(event: { readonly type: RunEventType }): boolean {
  return event.type === "run.succeeded" || event.type === "run.failed" || event.type === "run.cancelled";
}
