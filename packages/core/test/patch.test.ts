/** Plans that change while they run, seen through the core alone. */
import { expect, test } from "vitest";
import { Engine, ToolFailure } from "./engine.ts";

test("the id of a task that was taken out after it had started is never used again", () => {
  const plans = [["pay"], ["other"], ["pay"], ["pay_2"]];
  const codes: string[] = [];
  const engine = Engine.run({
    goal: "pay",
    planner: (findings) => {
      codes.push(...findings.map(({ code }) => code));
      const ids = plans.shift() ?? [];
      return { kind: "plan", plan: { mesh: 1, tasks: ids.map((id) => ({ id, use: "t.pay", args: { id } })) } };
    },
    tools: {
      "t.pay": {
        run: ({ id }) => {
          if (id !== "pay_2") throw new ToolFailure("no");
          return 1;
        },
      },
    },
    policy: { patchesMax: 3 },
  });
  expect(engine.view).toMatchObject({ status: "succeeded" });
  expect(codes).toEqual(["AM_TASK_FAILED", "AM_TASK_FAILED", "AM_STARTED_TASK_CHANGED"]);
  expect(new Set(engine.calls.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(engine.calls.length);
});
