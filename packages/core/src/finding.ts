/** What a check found in a plan: a code for programs, a path for editors, a sentence for people. Goes back to a planner as code and path only. */
import * as z from "./zod.ts";

export const FindingCode = z.enum([
  "AM_PLAN_INVALID",
  "AM_UNKNOWN_KEY",
  "AM_TOO_MANY_TASKS",
  "AM_BAD_ID",
  "AM_RESERVED_ID",
  "AM_DUPLICATE_ID",
  "AM_UNKNOWN_TOOL",
  "AM_TOOL_HIDDEN",
  "AM_SERVER_UNAVAILABLE",
  "AM_UNSUPPORTED_TASK",
  "AM_UNKNOWN_TASK",
  "AM_UNKNOWN_REFERENCE",
  "AM_BAD_REFERENCE",
  "AM_MISSING_PROPERTY",
  "AM_UNSEEN_PROPERTY",
  "AM_TYPE_MISMATCH",
  "AM_TYPE_UNCERTAIN",
  "AM_UNCHECKED",
  "AM_ARGUMENT_INVALID",
  "AM_SCHEMA_UNUSABLE",
  "AM_TEMPLATE",
  "AM_CYCLE",
  "AM_STARTED_TASK_CHANGED",
  "AM_TASK_FAILED",
  "AM_INPUT_INVALID",
]);
export type FindingCode = z.infer<typeof FindingCode>;

/** `error` stops the plan; `warning` may fail at the call; `info` says what could not be checked. */
export const FindingSeverity = z.enum(["error", "warning", "info"]);
export type FindingSeverity = z.infer<typeof FindingSeverity>;

export const Finding = z.strictObject({
  code: FindingCode,
  severity: FindingSeverity,
  /** JSON Pointer into the plan. */
  path: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  /** The task it is about, by id. */
  task: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === "error");
}
