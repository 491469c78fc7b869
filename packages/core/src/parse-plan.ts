/** Reads a plan from anywhere (a file, a model, a caller): the plan, or findings that say where it is wrong and how to mend it. */
import type * as z from "./zod.ts";
import type { Finding } from "./finding.ts";
import { jsonPointer } from "./json.ts";
import { suggestion } from "./nearest-names.ts";
import { Plan, PlanTask, PLAN_TASKS_MAX } from "./plan.ts";

export type ParsedPlan =
  | { readonly plan: Plan; readonly findings: readonly [] }
  | { readonly plan: undefined; readonly findings: readonly Finding[] };

/** How many findings of form are reported at once. */
const FINDINGS_MAX = 100;

export function parsePlan(document: unknown): ParsedPlan {
  const parsed = Plan.safeParse(document);
  if (parsed.success) return { plan: parsed.data, findings: [] };
  const findings = parsed.error.issues.slice(0, FINDINGS_MAX).flatMap((issue) => findingsOf(issue, document));
  return { plan: undefined, findings };
}

function findingsOf(issue: z.core.$ZodIssue, document: unknown): readonly Finding[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(key, path));
  const at = jsonPointer(path);
  if (issue.code === "too_big" && at === "/tasks") {
    return [
      {
        code: "AM_TOO_MANY_TASKS",
        severity: "error",
        path: at,
        message: `The plan has more than ${PLAN_TASKS_MAX} tasks.`,
        hint: "Use `each` for many alike.",
      },
    ];
  }
  const task = taskOf(path, document);
  return [
    {
      code: "AM_PLAN_INVALID",
      severity: "error",
      path: at,
      message: sentence(issue.message),
      ...(task === undefined ? {} : { task }),
    },
  ];
}

function unknownKey(key: string, path: readonly (string | number)[]): Finding {
  const known =
    path[0] === "tasks" && path.length === 2
      ? Object.keys(PlanTask.shape)
      : path.length === 0
        ? Object.keys(Plan.shape)
        : [];
  const message = `"${key}" is no key of ${path.length === 0 ? "a plan" : "this object"}.`;
  return {
    code: "AM_UNKNOWN_KEY",
    severity: "error",
    path: jsonPointer([...path, key]),
    message,
    ...(known.length === 0 ? {} : { hint: suggestion(key, known) }),
  };
}

function taskOf(path: readonly (string | number)[], document: unknown): string | undefined {
  if (path[0] !== "tasks" || typeof path[1] !== "number") return undefined;
  const tasks: unknown = (document as { readonly tasks?: unknown } | null)?.tasks;
  const task: unknown = Array.isArray(tasks) ? tasks[path[1]] : undefined;
  const id: unknown = (task as { readonly id?: unknown } | null | undefined)?.id;
  return typeof id === "string" ? id.slice(0, 200) : undefined;
}

function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
