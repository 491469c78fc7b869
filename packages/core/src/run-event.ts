/**
 * Facts that have happened to a run, in order: its journal. Everything else (state, views, traces) is a fold of these.
 * A stored schema only grows: a field may be added as optional, none may change or go.
 */
import * as z from "./zod.ts";
import { CacheHit } from "./cache-hit.ts";
import { ChildUsage } from "./child-run.ts";
import { ErrorRecord } from "./error-record.ts";
import { Finding } from "./finding.ts";
import { ModelCallRecord } from "./model-call.ts";
import { NodeName } from "./node-name.ts";
import { Payload } from "./payload.ts";
import { Plan } from "./plan.ts";
import { RunParent } from "./run-parent.ts";
import { RunPolicy } from "./run-policy.ts";
import { RunScope } from "./run-scope.ts";
import { ToolBindings } from "./tool-binding.ts";
import { ToolDrift } from "./tool-drift.ts";

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
/** What a task can wait for. `child`: a run that it has started, and which itself waits for somebody. */
export const WaitKind = z.enum(["signal", "event", "time", "child"]);
export type WaitKind = z.infer<typeof WaitKind>;
/** `input`: what a server asks in the middle of a call, which goes on being under way. */
export const ApprovalSubject = z.enum(["task", "plan", "budget", "input"]);
export type ApprovalSubject = z.infer<typeof ApprovalSubject>;
export const BudgetKind = z.enum(["tokens", "usd", "calls", "seconds"]);
export type BudgetKind = z.infer<typeof BudgetKind>;

const node = { node: NodeName, /** `planner#2`: the node and how often it was called. */ call: z.string() };
const attempt = {
  /** A task's key: its id, or `pages[3]` for an element. */ task: z.string(),
  attempt: z.int().min(1),
};
const durationMs = z.int().min(0);

/** The run that a fork takes results from, as far as its journal went then. */
export const RunOrigin = z.strictObject({
  run: z.string(),
  /** The newest event of it that the fork knows. */
  seq: z.int().min(1),
  /** The keys of the tasks that somebody wants to run again. */
  from: z.array(z.string()),
  /** Names of inputs that have another value than there. */
  changedInputs: z.array(z.string()).optional(),
  isPlanChanged: z.boolean().optional(),
});
export type RunOrigin = z.infer<typeof RunOrigin>;

const RunCreated = z.strictObject({
  type: z.literal("run.created"),
  ...envelope,
  tenant: z.string(),
  name: z.string(),
  /** Absent when the run was given a plan. */
  goal: z.string().optional(),
  /** `plan`: the run ends once its plan is accepted; no tool is called. Absent: `run`. */
  mode: z.enum(["run", "plan"]).optional(),
  /** Absent: it begins from nothing. */
  fork: RunOrigin.optional(),
  /** Absent: nobody but a person, or a program, has asked for it. */
  parent: RunParent.optional(),
  inputs: Payload,
  policy: RunPolicy,
  /** Absent: every tool of the mesh. */
  scope: RunScope.optional(),
});
const RunStarted = z.strictObject({ type: z.literal("run.started"), ...envelope });
/** Nothing can go on without somebody outside. `reason`: the first of what it waits for. `tasks`: those that wait, by key. */
const RunSuspended = z.strictObject({
  type: z.literal("run.suspended"),
  ...envelope,
  reason: z.enum(["in_doubt", "approval", "signal", "event", "child"]),
  tasks: z.array(z.string()),
});
/** `recovered`: the process that drove it is gone, and another one took it over. */
const RunResumed = z.strictObject({
  type: z.literal("run.resumed"),
  ...envelope,
  cause: z.enum(["recovered"]).optional(),
});
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
  /** `cache`: a plan of an earlier run for the same goal and the same tools. */
  by: z.enum(["caller", "planner", "cache"]),
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
  /** Tasks that had not started and are another call now. */
  changed: z.array(z.string()).optional(),
  /** Failed or skipped tasks that no longer count. */
  superseded: z.array(z.string()),
  reason: z.array(Finding),
});

/**
 * The outcome of a task is taken over from another run: nothing is called. Stands before the plan is accepted, and holds from
 * then on; of an element, once its `each` has its elements.
 */
const TaskReused = z.strictObject({
  type: z.literal("task.reused"),
  ...envelope,
  task: z.string(),
  /** `failed`: a failure that the plan goes on from, with null in its place. */
  as: z.enum(["succeeded", "failed", "skipped"]),
  output: Payload.optional(),
  error: ErrorRecord.optional(),
  /** What it was called with. */
  args: Payload.optional(),
  /** Of an `each`: how many elements it has; each has an event of its own. */
  count: z.int().min(0).optional(),
  /** The event there that says so. */
  from: z.strictObject({ run: z.string(), seq: z.int().min(1) }),
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
  /** `error`: it failed and may be tried again. `doubt`: its outcome is unknown and repeating it is safe. `recovery`: the same, because the process died. `repeat`: `until` is not true yet. `fallback`: `onError` names another tool. `budget`: it was not made, and waits until the budget is raised. `child`: the run behind it has gone on, and is asked for its result again. `failover`: another tool takes the place of its own, which `task.routed` names. */
  cause: z.enum(["error", "doubt", "recovery", "repeat", "fallback", "budget", "child", "failover"]),
  dueAtMs: z.int(),
  durationMs,
  error: ErrorRecord.optional(),
});
/** From now on the task calls another tool of its capability, one of `alternatives` in its binding. */
const TaskRouted = z.strictObject({
  type: z.literal("task.routed"),
  ...envelope,
  task: z.string(),
  from: z.string(),
  to: z.string(),
  /** The code of the error that says why. */
  reason: z.string(),
});
/** `output` is absent for an `each`: its value is the list of its elements' values. */
const TaskSucceeded = z.strictObject({
  type: z.literal("task.succeeded"),
  ...envelope,
  task: z.string(),
  attempt: z.int().min(0),
  output: Payload.optional(),
  durationMs,
  /** Absent: the call was made. */
  cache: CacheHit.optional(),
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

/** A built-in wait has begun. `untilMs`: when it ends by itself, well or (for a signal or an event) as a failure. */
const TaskWaiting = z.strictObject({
  type: z.literal("task.waiting"),
  ...envelope,
  task: z.string(),
  for: WaitKind,
  name: z.string().optional(),
  untilMs: z.int().optional(),
});

/**
 * The call that has just started has a run of its own: in this mesh, where `child` names it, or in another one. The amounts
 * are set aside for it until it is settled; 0 where there is no limit.
 */
const ChildStarted = z.strictObject({
  type: z.literal("child.started"),
  ...envelope,
  ...attempt,
  child: z.string().optional(),
  tokens: z.int().min(0),
  microUsd: z.int().min(0),
  calls: z.int().min(0),
});
/** The call is over: what its run has used up counts here, and nothing is set aside for it any more. */
const ChildSettled = z.strictObject({
  type: z.literal("child.settled"),
  ...envelope,
  ...attempt,
  child: z.string().optional(),
  usage: ChildUsage,
  /** Of a run of another mesh: where its time went. */
  spans: Payload.optional(),
});
/** A call was stopped: its tool is another one than was agreed on. Once for each change of a tool. */
const ToolDrifted = z.strictObject({
  type: z.literal("tool.drifted"),
  ...envelope,
  task: z.string(),
  ...ToolDrift.shape,
});

const approval = {
  /** What it is about: a task's key, `plan` or `budget`; the name that `approve` is called with. */
  approval: z.string(),
};
const ApprovalRequested = z.strictObject({
  type: z.literal("approval.requested"),
  ...envelope,
  ...approval,
  subject: ApprovalSubject,
  /** The tool that would be called, and the arguments it would get. */
  tool: z.string().optional(),
  args: Payload.optional(),
  message: z.string().optional(),
  /** Of an input: what is wanted, as `{ mode: "form", schema }` or `{ mode: "url", url }`. */
  form: Payload.optional(),
  /** After that time nobody is asked any more, and `default` holds (absent: reject). */
  expiresAtMs: z.int().optional(),
  default: z.enum(["approve", "reject"]).optional(),
});
/** `args`: edited arguments, used instead of the requested ones; of an input, what was filled in. */
const ApprovalGranted = z.strictObject({
  type: z.literal("approval.granted"),
  ...envelope,
  ...approval,
  by: z.enum(["person", "expiry"]),
  args: Payload.optional(),
  note: z.string().optional(),
});
const ApprovalDenied = z.strictObject({
  type: z.literal("approval.denied"),
  ...envelope,
  ...approval,
  by: z.enum(["person", "expiry"]),
  note: z.string().optional(),
});
const SignalReceived = z.strictObject({
  type: z.literal("signal.received"),
  ...envelope,
  /** A `signal` is kept until a task takes it; an `event` is for those that wait for it now. */
  kind: z.enum(["signal", "event"]),
  name: z.string(),
  data: Payload,
});

/** The intent of a model call under a budget: the most that it can cost. Settled by its `model.called` or `model.failed`. */
const BudgetReserved = z.strictObject({
  type: z.literal("budget.reserved"),
  ...envelope,
  reservation: z.string(),
  caller: z.string(),
  tokens: z.int().min(0),
  microUsd: z.int().min(0),
});
/** A reservation whose call nobody will report any more: counted in full. */
const BudgetSettled = z.strictObject({
  type: z.literal("budget.settled"),
  ...envelope,
  reservation: z.string(),
  tokens: z.int().min(0),
  microUsd: z.int().min(0),
});
/** In the unit of the limit: tokens, millionths of a US dollar, calls, milliseconds. */
const BudgetExceeded = z.strictObject({
  type: z.literal("budget.exceeded"),
  ...envelope,
  kind: BudgetKind,
  limit: z.int().min(0),
  used: z.int().min(0),
  reserved: z.int().min(0),
  needed: z.int().min(0),
  /** The node call or task that needs it. */
  caller: z.string().optional(),
  /** The run ends with it. Absent: a person is asked. */
  error: ErrorRecord.optional(),
});
const BudgetRaised = z.strictObject({
  type: z.literal("budget.raised"),
  ...envelope,
  kind: BudgetKind,
  limit: z.int().min(0),
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
  TaskReused,
  TaskExpanded,
  TaskStarted,
  TaskRetried,
  TaskRouted,
  TaskSucceeded,
  TaskFailed,
  TaskSkipped,
  TaskCancelled,
  TaskInDoubt,
  TaskResolved,
  TaskWaiting,
  ChildStarted,
  ChildSettled,
  ToolDrifted,
  ApprovalRequested,
  ApprovalGranted,
  ApprovalDenied,
  SignalReceived,
  BudgetReserved,
  BudgetSettled,
  BudgetExceeded,
  BudgetRaised,
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
