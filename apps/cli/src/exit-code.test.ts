import { expect, test } from "vitest";
import { exitCodeOf, exitCodeOfError } from "./exit-code.ts";

test.each([
  ["AM_USAGE", [], 2],
  ["AM_CONFIG_INVALID", [], 2],
  ["AM_PLAN_INVALID", [], 2],
  ["AM_UNKNOWN_RUN", [], 2],
  ["AM_PLAN_REJECTED", [], 1],
  ["AM_SERVER_UNAVAILABLE", [], 4],
  ["AM_NO_MODEL", [], 4],
  ["AM_MODEL_UNAUTHORISED", [], 6],
  ["AM_TASK_FAILED", ["AM_TOOL_FAILED"], 1],
  ["AM_TASK_FAILED", ["AM_MODEL_UNREACHABLE"], 4],
  ["AM_TASK_FAILED", [], 1],
  ["AM_NEVER_HEARD_OF", [], 1],
])("%s %j ends with %i", (code, causes, exit) => {
  expect(exitCodeOf(code, causes)).toBe(exit);
});

test("a refusal is a mistake of whoever gave the command; within a run the same code is the run's failure", () => {
  expect(exitCodeOfError("AM_ARGUMENT_INVALID")).toBe(2);
  expect(exitCodeOf("AM_TASK_FAILED", ["AM_ARGUMENT_INVALID"])).toBe(1);
  expect(exitCodeOfError("AM_RUN_OVER")).toBe(2);
  expect(exitCodeOfError("AM_RUN_OWNED")).toBe(2);
  expect(exitCodeOfError("AM_SERVER_UNAVAILABLE")).toBe(4);
});
