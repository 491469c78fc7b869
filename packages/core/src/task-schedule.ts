/** How tasks move between pending, ready, waiting and running: queues, limits and counts. Called by evolve and takeEffects only. */
import type { CompiledTask } from "./compiled-task.ts";
import { ReadyQueue } from "./ready-queue.ts";
import {
  type Ask,
  bindingOf,
  isTaskBefore,
  type Lane,
  type ServerLoad,
  type RunState,
  type TaskState,
} from "./run-state.ts";

/** How many tasks one call of takeEffects hands out: keeps a turn short however wide the plan is. */
export const DISPATCH_MAX = 256;

export function newTask(compiled: CompiledTask, index: number, element?: TaskState["element"]): TaskState {
  const key = element === undefined ? compiled.spec.id : `${compiled.spec.id}[${element.index}]`;
  return {
    key,
    index,
    compiled,
    element,
    heapAt: -1,
    group: undefined,
    status: "pending",
    attempt: 0,
    keyAttempt: 1,
    retries: 0,
    repeats: 0,
    recoveries: 0,
    approvedCall: undefined,
    editedArgs: undefined,
    isOnFallback: false,
    routed: undefined,
    waitingOn: element === undefined ? compiled.dependencyCount : 0,
    skippedDependencies: 0,
    isBlocked: false,
    isHandled: false,
    readyAtMs: 0,
    startedAtMs: 0,
    endedAtMs: 0,
    dueAtMs: 0,
    output: undefined,
    error: undefined,
    child: undefined,
    share: undefined,
    reusedFrom: undefined,
  };
}

export function makeReady(state: RunState, task: TaskState, atMs: number): void {
  task.status = "ready";
  task.readyAtMs = atMs;
  state.ready++;
  const lane = laneOf(state, task);
  closeLane(state, lane);
  lane.queue.push(task);
  openLane(state, lane);
}

export function makeWaiting(state: RunState, task: TaskState, dueAtMs: number): void {
  task.status = "waiting";
  task.dueAtMs = dueAtMs;
  state.waiting.push(task);
}

/** Takes a task out of whatever queue it stands in, and frees its slot if it has one. */
export function release(state: RunState, task: TaskState): void {
  if (task.status === "ready") {
    const lane = laneOf(state, task);
    closeLane(state, lane);
    lane.queue.remove(task);
    openLane(state, lane);
    state.ready--;
  } else if (task.status === "waiting") stopWaiting(state, task);
  else if (task.status === "running") {
    occupy(state, task, -1);
    closeAsk(state, task.key); // what its server has asked
  } else if (task.status === "dispatched") {
    state.dispatched.remove(task);
    occupy(state, task, -1);
  }
}

/** A waiting task stands in the queue of back-offs, or has an ask of its own. */
function stopWaiting(state: RunState, task: TaskState): void {
  if (task.heapAt >= 0) state.waiting.remove(task);
  else closeAsk(state, task.key);
}

export function openAsk(state: RunState, ask: Omit<Ask, "number" | "heapAt">): void {
  const open: Ask = { ...ask, number: state.asksSoFar++, heapAt: -1 };
  state.asks.set(open.key, open);
  if (Number.isFinite(open.untilMs)) state.expiring.push(open);
  if (open.kind === "time") state.timers++;
  if (open.kind === "child") state.waitingChildren++;
}

export function closeAsk(state: RunState, key: string): Ask | undefined {
  const ask = state.asks.get(key);
  if (ask === undefined) return undefined;
  state.asks.delete(key);
  if (ask.heapAt >= 0) state.expiring.remove(ask);
  if (ask.kind === "time") state.timers--;
  if (ask.kind === "child") state.waitingChildren--;
  return ask;
}

/** Takes back what was handed out and not answered yet: the answers will find nothing to start. */
export function recall(state: RunState): void {
  for (let task = state.dispatched.first; task !== undefined; task = state.dispatched.first) {
    release(state, task);
    makeReady(state, task, task.readyAtMs);
  }
}

/** Counts a call under way, or one less. */
export function occupy(state: RunState, task: TaskState, by: 1 | -1): void {
  const lane = laneOf(state, task);
  const { server } = lane;
  lane.busy += by;
  state.busy += by;
  server.busy += by;
  if (lane.queue.size > 0) {
    closeLane(state, lane);
    openLane(state, lane);
  }
  if (by > 0 || server.held.size === 0) return;
  for (const held of server.held) {
    if (!hasRoom(state, held)) break;
    openLane(state, held);
  }
}

/** A lane is moved by taking it out and putting it back: its first task, or its room, has changed. */
function closeLane(state: RunState, lane: Lane): void {
  if (lane.heapAt >= 0) state.openLanes.remove(lane);
  lane.server.held.delete(lane);
}

function openLane(state: RunState, lane: Lane): void {
  if (lane.queue.size === 0 || lane.heapAt >= 0) return;
  if (hasRoom(state, lane)) {
    lane.server.held.delete(lane);
    state.openLanes.push(lane);
  } else if (lane.busy < toolLimit(state, lane)) lane.server.held.add(lane);
}

/** Hands out ready tasks, most urgent first, as far as the limits of run, server and tool allow. */
export function dispatch(state: RunState, nowMs: number, hand: (task: TaskState) => void): void {
  wakeDue(state, nowMs);
  const limit = state.policy?.concurrency.run ?? 1;
  for (let handed = 0; state.busy < limit && state.ready > 0 && handed < DISPATCH_MAX; handed++) {
    const task = mostUrgent(state);
    if (task === undefined) break;
    release(state, task);
    task.status = "dispatched";
    state.dispatched.push(task);
    occupy(state, task, 1);
    hand(task);
  }
}

function wakeDue(state: RunState, nowMs: number): void {
  for (let task = state.waiting.first; task !== undefined && task.dueAtMs <= nowMs; task = state.waiting.first) {
    release(state, task);
    makeReady(state, task, task.dueAtMs);
  }
}

/** A lane in front may have lost its room to another tool of its server: it is set aside until there is room again. */
function mostUrgent(state: RunState): TaskState | undefined {
  for (let lane = state.openLanes.first; lane !== undefined; lane = state.openLanes.first) {
    if (hasRoom(state, lane)) return lane.queue.first;
    closeLane(state, lane);
    openLane(state, lane);
  }
  return undefined;
}

function hasRoom(state: RunState, lane: Lane): boolean {
  const limit = state.policy?.concurrency.servers[lane.binding.server] ?? Number.POSITIVE_INFINITY;
  return lane.busy < toolLimit(state, lane) && lane.server.busy < limit;
}

function toolLimit(state: RunState, { binding }: Lane): number {
  return state.policy?.concurrency.tools[binding.tool] ?? Number.POSITIVE_INFINITY;
}

function laneOf(state: RunState, task: TaskState): Lane {
  const binding = bindingOf(state, task) ?? {
    tool: task.compiled.spec.use,
    server: "",
    effect: "destructive",
    isOpenWorld: true,
    fingerprint: "",
  };
  const known = state.lanes.get(binding.tool);
  if (known !== undefined) return known;
  const server = serverOf(state, binding.server);
  const lane: Lane = { binding, server, queue: new ReadyQueue<TaskState>(isTaskBefore), busy: 0, heapAt: -1 };
  state.lanes.set(binding.tool, lane);
  return lane;
}

function serverOf(state: RunState, name: string): ServerLoad {
  const known = state.servers.get(name);
  if (known !== undefined) return known;
  const load: ServerLoad = { busy: 0, held: new Set() };
  state.servers.set(name, load);
  return load;
}
