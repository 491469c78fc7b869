/** Takes an accepted or patched plan into the state. Tasks that had started keep their state; the rest starts anew. */
import { type CompiledPlan, compilePlan } from "./compiled-plan.ts";
import type { CompiledTask } from "./compiled-task.ts";
import type { RunEventOf } from "./run-event.ts";
import { bindingOf, type RunState, type TaskState } from "./run-state.ts";
import { forgetReused, takeReused } from "./evolve-reuse.ts";
import { makeReady, newTask } from "./task-schedule.ts";
import { isSettled, settleDependency } from "./evolve-task.ts";
import { TaskTable } from "./task-table.ts";
import type { ToolBindings } from "./tool-binding.ts";

export function applyPlan(state: RunState, event: RunEventOf<"plan.accepted" | "plan.patched">): void {
  const { proposal } = state;
  if (proposal === undefined) return;
  const compiled = compilePlan(proposal.plan);
  state.compiled = compiled;
  bind(state, event.bindings);
  state.revision = event.revision;
  state.warnings = event.findings;
  state.isPlannedByModel = proposal.by !== "caller";
  state.proposal = undefined;
  state.findings = [];
  state.planAttempts = 0;
  if (event.type === "plan.patched") state.patches++;
  rebuildTasks(state, compiled);
  if (event.type === "plan.patched") forgetReused(state, event);
  else for (const task of state.planned) takeReused(state, task, event.atMs);
  for (const task of state.tasks)
    if (task.element === undefined && task.status === "pending") countDependencies(state, task);
  for (const task of state.tasks) if (isStartable(state, task)) makeReady(state, task, event.atMs);
}

/** What has started stays with the tool that it has, also where the new plan is bound to another one. */
function bind(state: RunState, bindings: ToolBindings): void {
  const started = state.tasks.filter((task) => task.status !== "pending");
  const before = started.map((task) => bindingOf(state, task));
  state.bindings = bindings;
  for (const [index, task] of started.entries())
    if (bindingOf(state, task)?.tool !== before[index]?.tool) task.routed = before[index];
}

function rebuildTasks(state: RunState, compiled: CompiledPlan): void {
  const { tasks, taskOf } = state;
  state.tasks = [];
  state.lanes = new Map();
  for (let lane = state.openLanes.first; lane !== undefined; lane = state.openLanes.first) state.openLanes.remove(lane);
  state.toSkip.clear();
  state.planned = compiled.tasks.map((task) => addKeptOrNew(state, task, taskOf.get(task.spec.id)));
  state.taskOf = new TaskTable(compiled.indexOf, state.planned);
  for (const task of tasks) if (state.taskOf.get(task.key) !== task) supersede(state, task);
}

function addKeptOrNew(state: RunState, compiled: CompiledTask, known: TaskState | undefined): TaskState {
  if (known === undefined || known.status === "pending") return add(state, newTask(compiled, state.tasks.length));
  for (const task of [known, ...(known.group?.elements ?? [])])
    add(state, Object.assign(task, { compiled, index: state.tasks.length }));
  return known;
}

function add(state: RunState, task: TaskState): TaskState {
  state.tasks.push(task);
  return task;
}

function supersede(state: RunState, task: TaskState): void {
  state.failed.delete(task);
  if (task.status !== "pending") state.superseded.push(task);
}

function countDependencies(state: RunState, task: TaskState): void {
  for (const index of task.compiled.dependencies) {
    const dependency = state.planned[index];
    if (dependency !== undefined && isSettled(dependency)) settleDependency(state, task, dependency);
  }
}

function isStartable(state: RunState, task: TaskState): boolean {
  return (
    task.status === "pending" &&
    task.element === undefined &&
    task.waitingOn === 0 &&
    !task.isBlocked &&
    !state.toSkip.has(task)
  );
}
