/** Changes an accepted plan while it runs: what has started stays as it is, what failed may be replaced, what waits may change. */
import type { Finding } from "./finding.ts";
import { canonicalJson, type Json, jsonPointer } from "./json.ts";
import type { Plan, PlanTask } from "./plan.ts";
import type { RunState, TaskState } from "./run-state.ts";

export interface MergedPlan {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
}

/** The planner's newest plan, completed by every finished task that it left out. The first plan of a run is taken as it is. */
export function mergePatch(state: RunState, proposed: Plan): MergedPlan {
  if (state.compiled === undefined) return { plan: proposed, findings: [] };
  const retired = new Set(state.superseded.map(({ key }) => key));
  const findings = proposed.tasks.flatMap((task, index) =>
    retired.has(task.id) ? [startedChanged(task, index)] : checkUnchanged(state.taskOf.get(task.id), task, index),
  );
  const named = new Set(proposed.tasks.map((task) => task.id));
  const kept = state.compiled.plan.tasks.filter((task) => !named.has(task.id) && hasValue(state.taskOf.get(task.id)));
  return { plan: { ...proposed, name: state.compiled.plan.name, tasks: [...kept, ...proposed.tasks] }, findings };
}

/** The difference between the plan that runs and the next one, by task id. */
export function changesOf(
  state: RunState,
  next: Plan,
): { added: string[]; removed: string[]; changed: string[]; superseded: string[] } {
  const before = new Map(state.compiled?.plan.tasks.map((task) => [task.id, task]));
  const after = new Set(next.tasks.map((task) => task.id));
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const hasStarted = (id: string): boolean => state.taskOf.get(id)?.status !== "pending";
  return {
    added: [...after].filter((id) => !before.has(id)),
    removed: gone.filter((id) => !hasStarted(id)),
    changed: next.tasks.filter((task) => isOther(before.get(task.id), task)).map((task) => task.id),
    superseded: gone.filter(hasStarted),
  };
}

function isOther(before: PlanTask | undefined, after: PlanTask): boolean {
  if (before === undefined) return false;
  return canonicalJson(before as unknown as Json) !== canonicalJson(after as unknown as Json);
}

function hasValue(task: TaskState | undefined): boolean {
  return (
    task !== undefined &&
    (task.status === "succeeded" || task.status === "skipped" || (task.status === "failed" && task.isHandled))
  );
}

function checkUnchanged(known: TaskState | undefined, task: PlanTask, index: number): readonly Finding[] {
  if (known === undefined || known.status === "pending" || known.element !== undefined) return [];
  if (canonicalJson(known.compiled.spec as unknown as Json) === canonicalJson(task as unknown as Json)) return [];
  return [startedChanged(task, index)];
}

/** Also for a task of an earlier plan that was taken out since: its calls, and their keys, are its own. */
function startedChanged({ id }: PlanTask, index: number): Finding {
  return {
    code: "AM_STARTED_TASK_CHANGED",
    severity: "error",
    path: jsonPointer(["tasks", index]),
    message: `"${id}" has started and cannot be changed.`,
    hint: "Give the new task another id.",
    task: id,
  };
}
