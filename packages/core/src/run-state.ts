/**
 * The state of a run: the fold of its journal. Private to decide and evolve, which mutate it behind a pure face;
 * others read it through a RunView. Every change costs work in proportion to what changed, never to the whole.
 */
import type { CacheHit } from "./cache-hit.ts";
import type { ChildShare } from "./child-run.ts";
import type { CompiledPlan } from "./compiled-plan.ts";
import type { CompiledTask } from "./compiled-task.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { Finding } from "./finding.ts";
import type { NodeName } from "./node-name.ts";
import type { Payload } from "./payload.ts";
import type { Plan } from "./plan.ts";
import { ReadyQueue, type Queued } from "./ready-queue.ts";
import type { ApprovalSubject, BudgetKind, RunEventOf, RunOrigin, WaitKind } from "./run-event.ts";
import type { RunParent } from "./run-parent.ts";
import type { RunPolicy } from "./run-policy.ts";
import type { RunScope } from "./run-scope.ts";
import type { RunEffect } from "./run-effect.ts";
import { TaskTable } from "./task-table.ts";
import type { ToolBinding, ToolBindings } from "./tool-binding.ts";
import type { ToolEffect } from "./tool-spec.ts";

/** `cancelling`, `stopping`: nothing starts any more; what is under way settles, then the run is cancelled, or failed. */
export type RunStatus =
  | "none"
  | "running"
  | "suspended"
  | "cancelling"
  | "stopping"
  | "succeeded"
  | "failed"
  | "cancelled";
/** `dispatched` is not in the journal: a ready task whose values are being looked at, within one turn. */
export type TaskStatus =
  | "pending"
  | "ready"
  | "dispatched"
  | "waiting"
  | "running"
  | "expanded"
  | "succeeded"
  | "failed"
  | "skipped"
  | "cancelled"
  | "in_doubt";

export interface TaskState extends Queued {
  readonly key: string;
  /** Its number in `RunState.tasks`. */
  readonly index: number;
  /** Shared by all elements of an `each`. */
  readonly compiled: CompiledTask;
  /** For an element: its `each` and its place in the list. */
  readonly element: { readonly group: TaskState; readonly index: number } | undefined;
  group: GroupState | undefined;
  status: TaskStatus;
  attempt: number;
  /** The attempt whose number stands in the idempotency key: the first of a row of ambiguous ones. */
  keyAttempt: number;
  /** Attempts after errors, and rounds of `repeat`, so far. */
  retries: number;
  repeats: number;
  /** Attempts that a dying process has cut off. */
  recoveries: number;
  /** The call that a person has agreed to: tool and hash of the arguments. */
  approvedCall: string | undefined;
  /** Arguments that a person has put in the place of the plan's. */
  editedArgs: Payload | undefined;
  isOnFallback: boolean;
  /** The tool in the place of the one that the plan is bound to; undefined: that one. */
  routed: ToolBinding | undefined;
  /** Dependencies that are not over. */
  waitingOn: number;
  skippedDependencies: number;
  isBlocked: boolean;
  isHandled: boolean;
  readyAtMs: number;
  startedAtMs: number;
  endedAtMs: number;
  dueAtMs: number;
  output: Payload | undefined;
  error: ErrorRecord | undefined;
  /** The run behind its newest call, if it has one and that is known. */
  child: string | undefined;
  /** What is set aside for that run; undefined once it is settled. */
  share: ChildShare | undefined;
  /** The event of another run that its outcome was taken over from. */
  reusedFrom: { readonly run: string; readonly seq: number } | undefined;
}

/** The elements of an expanded `each`. */
export interface GroupState {
  readonly elements: readonly TaskState[];
  readonly concurrency: number;
  /** The next element that was not yet made ready. */
  next: number;
  open: number;
  settled: number;
  /** How many elements have something set aside for a run of theirs. */
  children: number;
  failure: ErrorRecord | undefined;
}

/** The tasks that are ready for one tool, and how many of its calls are under way. */
export interface Lane extends Queued {
  readonly binding: ToolBinding;
  readonly server: ServerLoad;
  readonly queue: ReadyQueue<TaskState>;
  busy: number;
}

/** The calls of one server that are under way. */
export interface ServerLoad {
  busy: number;
  /** Lanes that could go on if the server took another call. */
  readonly held: Set<Lane>;
}

/** A wait for somebody or something outside. */
export interface Ask extends Queued {
  /** The key of the task that waits, or `plan` or `budget`. */
  readonly key: string;
  /** Counts up in a run: ties between equal times are broken by it. */
  readonly number: number;
  readonly kind: "approval" | WaitKind;
  readonly subject: ApprovalSubject;
  /** Absent for `plan` and `budget`. */
  readonly task: TaskState | undefined;
  /** The signal or event that is waited for; the id of the run, for `child`. */
  readonly name: string | undefined;
  readonly sinceMs: number;
  /** Infinity: for ever. */
  readonly untilMs: number;
  readonly default: "approve" | "reject";
  readonly message: string | undefined;
  readonly tool: string | undefined;
  readonly args: Payload | undefined;
  /** Of an input. */
  readonly form: Payload | undefined;
}

/** What is used up and set aside of one limit, in its unit (see BudgetKind). */
export interface Reservation {
  readonly tokens: number;
  readonly microUsd: number;
}

export interface OpenNode {
  readonly node: NodeName;
  readonly call: string;
  readonly startedAtMs: number;
}

export interface RunUsage {
  /** Calls that were made; what a cache gave is none. */
  modelCalls: number;
  toolCalls: number;
  /** Answers and results that were given again in place of a call; absent: none. */
  cacheHits?: number;
  inputTokens: number;
  outputTokens: number;
  /** False when any count was an estimate. */
  isExact: boolean;
  /** Millionths of a US dollar, of the models that have a price. */
  costMicroUsd: number;
}

/** Longest path first; among equals the plan's order. */
export function isTaskBefore(left: TaskState, right: TaskState): boolean {
  const difference = left.compiled.priority - right.compiled.priority;
  return difference > 0 || (difference === 0 && left.index < right.index);
}

function isLaneBefore({ queue: left }: Lane, { queue: right }: Lane): boolean {
  return left.first !== undefined && right.first !== undefined && isTaskBefore(left.first, right.first);
}

export class RunState {
  run = "";
  tenant = "";
  name = "";
  goal: string | undefined;
  /** `plan`: nothing is called, the run ends with its accepted plan. */
  mode: "run" | "plan" = "run";
  /** The run that this one is forked off. */
  fork: RunOrigin | undefined;
  parent: RunParent | undefined;
  /** Outcomes that are taken over, until their tasks are there. */
  readonly reused = new Map<string, RunEventOf<"task.reused">>();
  inputs: Payload | undefined;
  policy: RunPolicy | undefined;
  scope: RunScope | undefined;
  status: RunStatus = "none";
  seq = 0;
  createdAtMs = 0;
  endedAtMs = 0;

  openNode: OpenNode | undefined;
  /** The open node is called again once the budget is raised. */
  isNodeParked = false;
  readonly nodeCalls = new Map<NodeName, number>();
  proposal:
    | { readonly revision: number; readonly plan: Plan; readonly by: RunEventOf<"plan.proposed">["by"] }
    | undefined;
  /** Why the planner is asked again: findings of the check or of the validator. */
  findings: readonly Finding[] = [];
  isPlannedByModel = false;
  planAttempts = 0;
  patches = 0;
  revision = 0;
  compiled: CompiledPlan | undefined;
  bindings: ToolBindings = {};
  warnings: readonly Finding[] = [];

  tasks: TaskState[] = [];
  taskOf = new TaskTable();
  /** The tasks of the plan, by their number in it; elements are not among them. */
  planned: TaskState[] = [];
  /** Tasks of earlier plan revisions that no longer count. */
  superseded: TaskState[] = [];
  lanes = new Map<string, Lane>();
  /** Lanes with a ready task and room for it, the most urgent first. */
  openLanes = new ReadyQueue<Lane>(isLaneBefore);
  readonly servers = new Map<string, ServerLoad>();
  busy = 0;
  ready = 0;
  /** Tasks that were handed out to be resolved. Not in the journal. */
  readonly dispatched = new ReadyQueue<TaskState>(isTaskBefore);
  /** Tasks that wait for their next attempt, earliest first. */
  readonly waiting = new ReadyQueue<TaskState>(
    (left, right) => left.dueAtMs < right.dueAtMs || (left.dueAtMs === right.dueAtMs && left.index < right.index),
  );
  /** What it waits for outside itself, by key. */
  readonly asks = new Map<string, Ask>();
  /** The same, as far as it ends by itself, earliest first. */
  readonly expiring = new ReadyQueue<Ask>(
    (left, right) => left.untilMs < right.untilMs || (left.untilMs === right.untilMs && left.number < right.number),
  );
  asksSoFar = 0;
  /** What people, or time, have last decided, by key. */
  readonly decisions = new Map<string, { readonly isGranted: boolean; readonly by: "person" | "expiry" }>();
  /** Tasks that wait for a time: the run goes on by itself. */
  timers = 0;
  /** Tasks whose child waits for somebody. */
  waitingChildren = 0;
  /** Signals that nobody has taken yet, by name, oldest first. */
  readonly signals = new Map<string, Payload[]>();
  signalsKept = 0;
  /** The limits that hold now; a person may have raised them. Milliseconds, millionths of a dollar. */
  readonly limits = new Map<BudgetKind, number>();
  readonly reservations = new Map<string, Reservation>();
  reservationsSoFar = 0;
  reservedTokens = 0;
  reservedMicroUsd = 0;
  reservedCalls = 0;
  /** The limit that a person is asked to raise, and what it must at least become. */
  raising: { readonly kind: BudgetKind; readonly limit: number; readonly needed: number } | undefined;
  /** How long the run was not suspended, up to `activeSinceMs`. */
  activeMs = 0;
  activeSinceMs = 0;
  lastAtMs = 0;
  readonly inDoubt = new Set<TaskState>();
  readonly failed = new Set<TaskState>();
  /** Tools that have changed, as far as it was said, and their newest fingerprint. */
  readonly drifted = new Map<string, string>();
  /** Tasks whose value is that of an earlier call. */
  readonly cached = new Map<TaskState, CacheHit>();
  /** What the last events made necessary but is not an event yet. */
  readonly toSkip = new Set<TaskState>();
  readonly toSettle = new Set<TaskState>();

  effects: RunEffect[] = [];
  wakeAtMs = Number.POSITIVE_INFINITY;
  output: Payload | undefined;
  answer: Payload | undefined;
  citations: readonly string[] = [];
  error: ErrorRecord | undefined;
  readonly usage: RunUsage = {
    modelCalls: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    isExact: true,
    costMicroUsd: 0,
  };
}

/** Asks the driver for something. A list of one is made with its item: lists that grow hold room for many. */
export function enable(state: RunState, effect: RunEffect): void {
  if (state.effects.length === 0) state.effects = [effect];
  else state.effects.push(effect);
}

/** Whether the run is over for good. */
export function isOver(state: RunState): boolean {
  return state.status === "succeeded" || state.status === "failed" || state.status === "cancelled";
}

/** Whether nothing is under way and nothing can start by itself. */
export function isQuiet(state: RunState): boolean {
  const isHeld = state.asks.has("plan") || state.asks.has("budget");
  const canStart = !isHeld && (state.ready > 0 || state.waiting.size > 0);
  return state.busy === 0 && !canStart && state.timers === 0 && !isNodeWorking(state);
}

/** A node whose model call was refused by the budget waits with it. */
function isNodeWorking(state: RunState): boolean {
  return state.openNode !== undefined && !state.isNodeParked;
}

/** Whether tasks may start. */
export function isOpenForTasks(state: RunState): boolean {
  return state.status === "running" && !state.asks.has("plan") && !state.asks.has("budget");
}

/** What the plan calls the tool of the task, or of its `onError` once that has taken its place. */
export function useOf({ compiled: { spec }, isOnFallback }: TaskState): string {
  return isOnFallback && typeof spec.onError === "object" ? spec.onError.use : spec.use;
}

/** The tool that the task calls. */
export function bindingOf(state: RunState, task: TaskState): ToolBinding | undefined {
  return task.routed ?? planBindingOf(state, task);
}

/** The tool that it was to call when the plan was accepted. */
export function planBindingOf(state: RunState, task: TaskState): ToolBinding | undefined {
  return state.bindings[useOf(task)];
}

/** Constant over a row of ambiguous attempts (promise 3). */
export function idempotencyKeyOf(state: RunState, task: TaskState): string {
  return `${state.run}:${task.key}:${task.keyAttempt}`;
}

/** What a call may do to the world. A plan's own word counts only when a person wrote the plan. */
export function effectOf(state: RunState, task: TaskState): ToolEffect | undefined {
  const bound = bindingOf(state, task)?.effect;
  return state.isPlannedByModel ? bound : (task.compiled.spec.effect ?? bound);
}

/** Whether a call with an unknown outcome may simply be made again. */
export function isSafeToRepeat(state: RunState, task: TaskState): boolean {
  const effect = effectOf(state, task);
  return effect === "read" || effect === "idempotent";
}
