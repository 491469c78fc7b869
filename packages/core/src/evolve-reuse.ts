/** Folds what a fork takes over from another run into its tasks: they are over before anything starts. */
import type { RunEventOf } from "./run-event.ts";
import type { RunState, TaskState } from "./run-state.ts";
import { newTask } from "./task-schedule.ts";

/** Settles a task whose outcome was taken over. */
export function takeReused(state: RunState, task: TaskState, atMs: number): void {
  const event = state.reused.get(task.key);
  if (event === undefined) return;
  state.reused.delete(task.key);
  task.status = event.as;
  task.output = event.output;
  task.error = event.error;
  task.isHandled = event.as === "failed";
  task.endedAtMs = atMs;
  task.reusedFrom = event.from;
  if (event.count !== undefined) addElements(state, task, { count: event.count, atMs });
}

/** What was kept for elements of tasks that a patch has changed or taken out is for nobody any more. */
export function forgetReused(state: RunState, { removed, changed = [] }: RunEventOf<"plan.patched">): void {
  const gone = new Set([...removed, ...changed]);
  for (const key of state.reused.keys()) if (gone.has(key.slice(0, key.lastIndexOf("[")))) state.reused.delete(key);
}

function addElements(
  state: RunState,
  group: TaskState,
  { count, atMs }: { readonly count: number; readonly atMs: number },
): void {
  const elements = Array.from({ length: count }, (_, index) =>
    newTask(group.compiled, state.tasks.length + index, { group, index }),
  );
  for (const element of elements) {
    state.tasks.push(element);
    takeReused(state, element, atMs);
  }
  const concurrency = group.compiled.spec.each?.concurrency ?? Number.POSITIVE_INFINITY;
  group.group = { elements, concurrency, next: count, open: 0, settled: count, children: 0, failure: undefined };
}
