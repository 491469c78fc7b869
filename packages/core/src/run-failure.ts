/** Whether a run has failed once nothing can go on, and how it ends then: what was stuck is said, task by task. */
import type { ErrorRecord } from "./error-record.ts";
import type { RunEventDraft } from "./run-event.ts";
import type { RunState, TaskState } from "./run-state.ts";

/** How many failed tasks an error names. */
const NAMED_MAX = 20;

/** The run's error when its output (or, without one, any task) needs what failed. */
export function failureOf(state: RunState): ErrorRecord | undefined {
  if (state.failed.size === 0) return undefined;
  const failed = [...state.failed].filter((task) => task.element === undefined);
  const needed = neededTasks(state);
  const fatal = needed === undefined ? failed : failed.filter((task) => needed.has(task.key));
  const [first] = fatal;
  if (first === undefined) return undefined;
  const more = fatal.length > 1 ? ` ${fatal.length - 1} more failed.` : "";
  return {
    code: "AM_TASK_FAILED",
    message: `Task "${first.key}" failed: ${first.error?.message ?? "unknown"}${more}`,
    hint: first.error?.hint ?? "See the task's error.",
    facts: {
      tasks: fatal
        .slice(0, NAMED_MAX)
        .map((task) => ({ task: task.key, code: task.error?.code ?? "", message: task.error?.message ?? "" })),
    },
  };
}

/** Ends the run: what never started because something before it failed, then the terminal event. */
export function endFailed(state: RunState, error: ErrorRecord): readonly RunEventDraft[] {
  return [...blockedTasks(state), { type: "run.failed", error }];
}

/** Tasks that can never start, as failed events. */
export function blockedTasks(state: RunState): readonly RunEventDraft[] {
  if (state.failed.size === 0) return [];
  return state.tasks
    .filter((task) => task.status === "pending" && task.element === undefined)
    .map((task) => ({
      type: "task.failed",
      task: task.key,
      attempt: 0,
      error: dependencyFailed(state, task),
      durationMs: 0,
    }));
}

/** The tasks that `output` stands on, directly or not; undefined without an output. */
function neededTasks(state: RunState): ReadonlySet<string> | undefined {
  const { compiled } = state;
  if (compiled?.output === undefined) return undefined;
  const needed = new Set<string>();
  const open = compiled.output.wires().map(({ reference }) => reference.root);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    const task = compiled.tasks[compiled.indexOf.get(id) ?? -1];
    for (const index of task?.dependencies ?? []) open.push(compiled.tasks[index]?.spec.id ?? "");
  }
  return needed;
}

function dependencyFailed(state: RunState, task: TaskState): ErrorRecord {
  const ids = task.compiled.dependencies.map((index) => state.compiled?.tasks[index]?.spec.id ?? "");
  const failed = ids.filter((id) => state.taskOf.get(id)?.status !== "succeeded");
  return {
    code: "AM_DEPENDENCY_FAILED",
    message: `It needs ${failed.map((id) => `"${id}"`).join(", ")}, which did not succeed.`,
    hint: "See the error of the first task that failed.",
    facts: { tasks: failed.slice(0, NAMED_MAX) },
  };
}
