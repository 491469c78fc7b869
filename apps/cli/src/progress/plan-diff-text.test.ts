import type { RunEvent } from "@agentmesh/core";
import { expect, test } from "vitest";
import { planDiffs, planDiffText } from "./plan-diff-text.ts";

const failed = { code: "AM_TASK_FAILED", severity: "error", path: "/tasks/1", message: "b has failed." } as const;
const patch = {
  revision: 2,
  added: ["b2"],
  changed: ["c"],
  removed: ["d"],
  superseded: ["b"],
  reason: [failed],
};

test("a patch names what came, changed, went and no longer counts, and why", () => {
  expect(planDiffText(patch, () => "test.echo")).toBe(
    "plan v2: + b2 (test.echo)  ~ c (changed)  - d  x b (superseded)  because AM_TASK_FAILED at /tasks/1",
  );
});

test("patches of older journals, of many tasks and for several reasons are told too", () => {
  const { changed: _changed, ...older } = patch;
  expect(planDiffText({ ...older, reason: [{ ...failed, path: "" }, failed] })).toBe(
    "plan v2: + b2  - d  x b (superseded)  because AM_TASK_FAILED (and 1 more)",
  );
  const many = Array.from({ length: 25 }, (_, index) => `t${index}`);
  expect(planDiffText({ ...patch, added: many })).toContain("+ t19  (and 5 more)  ~ c");
  const nothing = { revision: 3, added: [], removed: [], superseded: [], reason: [] };
  expect(planDiffText(nothing)).toBe("plan v3: nothing has changed");
});

test("the tools come from the plan that was proposed, as it was bound", () => {
  const tasks = [{ id: "b2", use: "capability:say", args: {} }];
  const events = [
    { type: "plan.proposed", revision: 2, by: "planner", plan: { mesh: 1, name: "p", tasks } },
    { type: "plan.patched", ...patch, bindings: { "capability:say": { tool: "test.echo" } }, findings: [] },
  ];
  expect(planDiffs(events as unknown as RunEvent[])).toEqual([expect.stringContaining("+ b2 (test.echo)  ~ c")]);
});
