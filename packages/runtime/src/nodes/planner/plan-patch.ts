/**
 * Fits what a model proposes to a run that is under way: finished tasks are not planned again, and an id that has been
 * used gets a fresh one, so that nothing that has started is ever redefined.
 */
import type { Plan, PlanTask } from "@agentmesh/core";
import type { PreviousPlan } from "@agentmesh/ports";
import { renameTasks } from "./task-rename.ts";

/** The proposal without finished tasks and with fresh ids. */
export function fitPatch(proposed: Plan, previous: PreviousPlan | undefined): Plan {
  if (previous?.plan === undefined) return proposed;
  const finished = finishedTasks(previous);
  const tasks = proposed.tasks.filter((task) => finished.get(task.id)?.use !== task.use);
  const used = new Set([...previous.plan.tasks.map(({ id }) => id), ...(previous.retired ?? [])]);
  const taken = new Set([...used, ...tasks.map(({ id }) => id)]);
  const names = new Map<string, string>();
  for (const { id } of tasks) {
    if (!used.has(id) || names.has(id)) continue;
    const fresh = freshId(id, taken);
    taken.add(fresh);
    names.set(id, fresh);
  }
  return renameTasks({ ...proposed, tasks }, names);
}

/** The specs of the finished tasks, by id. */
export function finishedTasks(previous: PreviousPlan | undefined): ReadonlyMap<string, PlanTask> {
  const finished = new Set(previous?.finished);
  const tasks = previous?.plan?.tasks.filter(({ id }) => finished.has(id)) ?? [];
  return new Map(tasks.map((task) => [task.id, task]));
}

function freshId(id: string, taken: ReadonlySet<string>): string {
  let count = 2;
  while (taken.has(`${id}_${count}`)) count += 1;
  return `${id}_${count}`;
}
