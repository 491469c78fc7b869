/** Folds the events of tasks: status, outputs, and what a settled task opens for those that wait for it. */
import type { CacheHit } from "./cache-hit.ts";
import { enableChild, standStill, takeSignal } from "./evolve-ask.ts";
import { takeReused } from "./evolve-reuse.ts";
import type { TaskEvent } from "./evolve.ts";
import type { RunEventOf } from "./run-event.ts";
import {
  enable,
  type GroupState,
  idempotencyKeyOf,
  planBindingOf,
  type RunState,
  type TaskState,
} from "./run-state.ts";
import { makeReady, makeWaiting, newTask, occupy, openAsk, release } from "./task-schedule.ts";

export function evolveTask(state: RunState, event: TaskEvent): void {
  if (event.type === "task.reused") {
    state.reused.set(event.task, event);
    return;
  }
  const task = state.taskOf.get(event.task);
  if (task === undefined) return;
  switch (event.type) {
    case "task.expanded":
      return expand(state, task, event);
    case "task.waiting":
      return wait(state, task, event);
    case "task.started":
      return start(state, task, event);
    case "task.retried":
      return retry(state, task, event);
    case "task.routed":
      return route(state, task, event);
    case "task.in_doubt":
      release(state, task);
      task.status = "in_doubt";
      task.error = event.error;
      task.endedAtMs = event.atMs;
      state.inDoubt.add(task);
      return;
    case "task.resolved":
      return resolve(state, task, event);
    default:
      return settle(state, task, event);
  }
}

export function isSettled(task: TaskState): boolean {
  return ["succeeded", "failed", "skipped", "cancelled"].includes(task.status);
}

/** Tells a pending task that one of its dependencies is over; whether it can start, must be skipped or is stuck. */
export function settleDependency(state: RunState, task: TaskState, dependency: TaskState): void {
  task.waitingOn--;
  if (dependency.status === "skipped") task.skippedDependencies++;
  else if (dependency.status !== "succeeded" && !dependency.isHandled) task.isBlocked = true;
  const { dependencyCount, spec } = task.compiled;
  const isSkipped = spec.join === "any" ? task.skippedDependencies === dependencyCount : task.skippedDependencies > 0;
  if (isSkipped && !task.isBlocked) state.toSkip.add(task);
}

function expand(state: RunState, task: TaskState, event: RunEventOf<"task.expanded">): void {
  release(state, task);
  task.status = "expanded";
  task.startedAtMs = event.atMs;
  const elements = Array.from({ length: event.count }, (_, index) =>
    newTask(task.compiled, state.tasks.length + index, { group: task, index }),
  );
  for (const element of elements) {
    state.tasks.push(element);
    takeReused(state, element, event.atMs);
  }
  const concurrency = task.compiled.spec.each?.concurrency ?? Number.POSITIVE_INFINITY;
  task.group = { elements, concurrency, next: 0, open: 0, settled: 0, children: 0, failure: undefined };
  openElements(state, task, event.atMs);
}

/** Makes as many elements ready as may run at once, but for those that were taken over; when none is left, the whole can be settled. */
function openElements(state: RunState, task: TaskState, atMs: number): void {
  const { group } = task;
  if (group === undefined) return;
  while (group.failure === undefined && group.open < group.concurrency && group.next < group.elements.length) {
    const element = group.elements[group.next++];
    if (element?.status !== "pending") continue;
    group.open++;
    makeReady(state, element, atMs);
  }
  if (group.open === 0) state.toSettle.add(task);
}

function start(state: RunState, task: TaskState, event: RunEventOf<"task.started">): void {
  release(state, task);
  occupy(state, task, 1);
  task.status = "running";
  task.attempt = event.attempt;
  if (event.attempt === 1) task.startedAtMs = event.atMs;
  if (task.share === undefined) state.usage.toolCalls++; // else the same call, asked for its result again
  enable(state, {
    type: "call-tool",
    task: task.key,
    attempt: event.attempt,
    idempotencyKey: idempotencyKeyOf(state, task),
  });
}

/** Why a call is made again under the key that it had. */
const SAME_CALL: ReadonlySet<string> = new Set(["doubt", "recovery", "child"]);

function retry(state: RunState, task: TaskState, event: RunEventOf<"task.retried">): void {
  release(state, task);
  task.error = event.error;
  if (!SAME_CALL.has(event.cause)) task.keyAttempt = event.attempt + 1;
  if (event.cause === "repeat") task.repeats++;
  else if (event.cause === "recovery") task.recoveries++;
  else if (event.cause === "error" || event.cause === "doubt") task.retries++;
  if (event.cause === "fallback") {
    task.isOnFallback = true;
    task.routed = undefined;
    task.editedArgs = undefined;
    task.retries = 0;
  }
  makeWaiting(state, task, event.dueAtMs);
}

/** A task that was handed out goes back to the queue: it has the lane of another tool now. */
function route(state: RunState, task: TaskState, { to, atMs }: RunEventOf<"task.routed">): void {
  const isWaiting = task.status === "waiting";
  if (!isWaiting) release(state, task);
  task.routed = planBindingOf(state, task)?.alternatives?.find(({ tool }) => tool === to);
  if (!isWaiting) makeReady(state, task, atMs);
}

function resolve(state: RunState, task: TaskState, event: RunEventOf<"task.resolved">): void {
  state.inDoubt.delete(task);
  if (event.as === "retry") return makeReady(state, task, event.atMs);
  task.status = event.as === "done" ? "succeeded" : "failed";
  task.output = event.output;
  if (event.as === "fail") state.failed.add(task);
  if (event.as === "done") task.error = undefined;
  finish(state, task, event.atMs);
}

function wait(state: RunState, task: TaskState, event: RunEventOf<"task.waiting">): void {
  standStill(state, task, event.atMs);
  if (event.for === "child") enableChild(state, event.name ?? "");
  else task.attempt = 1;
  openAsk(state, {
    key: task.key,
    kind: event.for,
    subject: "task",
    task,
    name: event.name,
    sinceMs: event.atMs,
    untilMs: event.untilMs ?? Number.POSITIVE_INFINITY,
    default: "reject",
    message: undefined,
    tool: undefined,
    args: undefined,
    form: undefined,
  });
}

type SettlingEvent = RunEventOf<"task.succeeded" | "task.failed" | "task.skipped" | "task.cancelled">;

function settle(state: RunState, task: TaskState, event: SettlingEvent): void {
  if (event.type === "task.succeeded") takeSignal(state, state.asks.get(task.key));
  release(state, task);
  state.toSkip.delete(task);
  state.toSettle.delete(task);
  task.status =
    event.type === "task.succeeded"
      ? "succeeded"
      : event.type === "task.failed"
        ? "failed"
        : event.type === "task.skipped"
          ? "skipped"
          : "cancelled";
  if (event.type === "task.succeeded") {
    task.output = event.output;
    task.error = undefined;
    if (event.cache !== undefined) giveBack(state, task, event.cache);
  } else if (event.type === "task.failed") {
    task.error = event.error;
    task.isHandled = event.isHandled ?? false;
    if (!task.isHandled) state.failed.add(task);
  }
  finish(state, task, event.atMs);
}

/** The call that was counted when it started was not made. */
function giveBack(state: RunState, task: TaskState, hit: CacheHit): void {
  state.usage.toolCalls--;
  state.usage.cacheHits = (state.usage.cacheHits ?? 0) + 1;
  state.cached.set(task, hit);
}

function finish(state: RunState, task: TaskState, atMs: number): void {
  task.endedAtMs = atMs;
  if (task.element === undefined) return openDependents(state, task, atMs);
  const { group, status } = task.element.group;
  if (group === undefined || status !== "expanded") return;
  settleElement(state, task, group);
  openElements(state, task.element.group, atMs);
}

function openDependents(state: RunState, task: TaskState, atMs: number): void {
  for (const index of task.compiled.dependents) {
    const next = state.planned[index];
    if (next?.status !== "pending") continue;
    settleDependency(state, next, task);
    if (next.waitingOn === 0 && !next.isBlocked && !state.toSkip.has(next)) makeReady(state, next, atMs);
  }
}

function settleElement(state: RunState, task: TaskState, group: GroupState): void {
  group.open--;
  group.settled++;
  if (task.status === "failed" && !task.isHandled && group.failure === undefined) {
    group.failure = task.error;
    withdrawElements(state, group);
  }
}

/** After a failed element no other starts: those that are only ready go back. */
function withdrawElements(state: RunState, group: GroupState): void {
  for (const element of group.elements) {
    if (state.asks.get(element.key)?.kind === "child") continue; // its run is not over
    if (element.status !== "ready" && element.status !== "waiting" && element.status !== "dispatched") continue;
    release(state, element);
    element.status = "pending";
    group.open--;
  }
}
