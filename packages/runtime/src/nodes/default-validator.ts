/**
 * Accepts a run when everything that its output needs has succeeded. What failed goes back as codes and paths, so that a
 * planner can replace it. Asks no model and reads no tool output (promise 9).
 */
import type { Finding, RunView, TaskView } from "@agentmesh/core";
import type { Validator, ValidatorRequest } from "@agentmesh/ports";

export class DefaultValidator implements Validator {
  validate({ plan, view, outputError }: ValidatorRequest): Promise<readonly Finding[]> {
    const failed = plan.tasks.flatMap((task, index) => failedTask(view, task.id, index));
    if (outputError === undefined) return Promise.resolve(failed);
    const finding: Finding = {
      code: "AM_MISSING_PROPERTY",
      severity: "error",
      path: "/output",
      message: outputError.message,
    };
    return Promise.resolve([...failed, finding]);
  }
}

function failedTask(view: RunView, id: string, index: number): readonly Finding[] {
  const task: TaskView | undefined = view.tasks[id];
  if (task?.status !== "failed" || task.error?.code === "AM_DEPENDENCY_FAILED") return [];
  return [
    {
      code: "AM_TASK_FAILED",
      severity: "error",
      path: `/tasks/${index}`,
      message: `Task "${id}" failed: ${task.error?.code ?? "unknown"}.`,
      task: id,
    },
  ];
}
