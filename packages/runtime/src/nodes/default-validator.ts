/**
 * Accepts a run when everything that its output needs has succeeded. What failed goes back as codes and paths, so that a
 * planner can replace it. Asks no model and reads no tool output (promise 9).
 */
import type { Finding } from "@agentmesh/core";
import type { FailedTask, Validator, ValidatorRequest } from "@agentmesh/ports";

export class DefaultValidator implements Validator {
  readonly isPure = true;

  validate({ plan, failed, outputError }: ValidatorRequest): Promise<readonly Finding[]> {
    const findings = failed.map((task) =>
      failedTask(
        task,
        plan.tasks.findIndex(({ id }) => id === task.task),
      ),
    );
    if (outputError === undefined) return Promise.resolve(findings);
    const finding: Finding = {
      code: "AM_MISSING_PROPERTY",
      severity: "error",
      path: "/output",
      message: outputError.message,
    };
    return Promise.resolve([...findings, finding]);
  }
}

function failedTask({ task, code }: FailedTask, index: number): Finding {
  const path = `/tasks/${index}`;
  return { code: "AM_TASK_FAILED", severity: "error", path, message: `Task "${task}" failed: ${code}.`, task };
}
