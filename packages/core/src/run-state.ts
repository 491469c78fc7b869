/**
 * The state of a run: the fold of its journal. Private to decide and evolve, which mutate it behind a pure face;
 * others read it through a RunView. Every change costs work in proportion to what changed, never to the whole.
 */
import type { CompiledPlan, CompiledTask } from "./compiled-plan.ts";
import type { ErrorRecord } from "./error-record.ts";
import type { Finding } from "./finding.ts";
import type { NodeName } from "./node-name.ts";
import type { Payload } from "./payload.ts";
import type { Plan } from "./plan.ts";
import { ReadyQueue, type Queued } from "./ready-queue.ts";
import type { RunPolicy } from "./run-policy.ts";
import type { RunEffect } from "./run-effect.ts";
import type { ToolBinding, ToolBindings } from "./tool-binding.ts";

export type RunStatus = "none" | "running" | "suspended" | "cancelling" | "succeeded" | "failed" | "cancelled";
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
  isOnFallback: boolean;
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
}

/** The elements of an expanded `each`. */
export interface GroupState {
  readonly elements: readonly TaskState[];
  readonly concurrency: number;
  /** The next element that was not yet made ready. */
  next: number;
  open: number;
  settled: number;
  failure: ErrorRecord | undefined;
}

/** The tasks that are ready for one tool, and how many of its calls are under way. */
export interface Lane {
  readonly binding: ToolBinding;
  readonly queue: ReadyQueue<TaskState>;
  busy: number;
}

export interface OpenNode {
  readonly node: NodeName;
  readonly call: string;
  readonly startedAtMs: number;
}

export interface RunUsage {
  modelCalls: number;
  toolCalls: number;
  inputTokens: number;
  outputTokens: number;
  /** False when any count was an estimate. */
  isExact: boolean;
}

export class RunState {
  run = "";
  tenant = "";
  name = "";
  goal: string | undefined;
  /** `plan`: nothing is called, the run ends with its accepted plan. */
  mode: "run" | "plan" = "run";
  inputs: Payload | undefined;
  policy: RunPolicy | undefined;
  status: RunStatus = "none";
  seq = 0;
  createdAtMs = 0;
  endedAtMs = 0;

  openNode: OpenNode | undefined;
  readonly nodeCalls = new Map<NodeName, number>();
  proposal: { readonly revision: number; readonly plan: Plan; readonly by: "caller" | "planner" } | undefined;
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
  taskOf = new Map<string, TaskState>();
  /** Tasks of earlier plan revisions that no longer count. */
  superseded: TaskState[] = [];
  lanes = new Map<string, Lane>();
  readonly busyServers = new Map<string, number>();
  busy = 0;
  ready = 0;
  /** Tasks that were handed out to be resolved. Not in the journal. */
  readonly dispatched = new Set<TaskState>();
  /** Tasks that wait for their next attempt, earliest first. */
  readonly waiting = new ReadyQueue<TaskState>(
    (left, right) => left.dueAtMs < right.dueAtMs || (left.dueAtMs === right.dueAtMs && left.index < right.index),
  );
  readonly inDoubt = new Set<TaskState>();
  readonly failed = new Set<TaskState>();
  /** What the last events made necessary but is not an event yet. */
  readonly toSkip = new Set<TaskState>();
  readonly toSettle = new Set<TaskState>();

  effects: RunEffect[] = [];
  wakeAtMs = Number.POSITIVE_INFINITY;
  output: Payload | undefined;
  answer: Payload | undefined;
  citations: readonly string[] = [];
  error: ErrorRecord | undefined;
  readonly usage: RunUsage = { modelCalls: 0, toolCalls: 0, inputTokens: 0, outputTokens: 0, isExact: true };
}

/** Whether the run is over for good. */
export function isOver(state: RunState): boolean {
  return state.status === "succeeded" || state.status === "failed" || state.status === "cancelled";
}

/** Whether nothing is under way and nothing can start by itself. */
export function isQuiet(state: RunState): boolean {
  return state.busy === 0 && state.ready === 0 && state.waiting.size === 0 && state.openNode === undefined;
}

export function bindingOf(state: RunState, task: TaskState): ToolBinding | undefined {
  const { spec } = task.compiled;
  const use = task.isOnFallback && typeof spec.onError === "object" ? spec.onError.use : spec.use;
  return state.bindings[use];
}

/** Constant over a row of ambiguous attempts (promise 3). */
export function idempotencyKeyOf(state: RunState, task: TaskState): string {
  return `${state.run}:${task.key}:${task.keyAttempt}`;
}

/** Whether a call with an unknown outcome may simply be made again. A plan's own word counts only when a person wrote the plan. */
export function isSafeToRepeat(state: RunState, task: TaskState): boolean {
  const bound = bindingOf(state, task)?.effect;
  const effect = state.isPlannedByModel ? bound : (task.compiled.spec.effect ?? bound);
  return effect === "read" || effect === "idempotent";
}
