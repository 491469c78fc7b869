/** New names for tasks, wherever a plan names them. */
import { Plan } from "@agentmesh/core";
import { expect, test } from "vitest";
import { renameTasks } from "./task-rename.ts";

test("an id is renamed in references, templates, conditions and orders, and nowhere else", () => {
  const plan = Plan.parse({
    mesh: 1,
    tasks: [
      { id: "a", use: "t.a", args: { a: "a", keep: { $literal: { $from: "a.x" } } } },
      {
        id: "b",
        use: "t.b",
        after: ["a"],
        when: "a.ok and b_a != 'a' and x.a",
        args: {
          one: { $from: "a.list[0].a" },
          two: ["{{ a.x }} a {% if a %}{{ c.a }}{% endif %}"],
          three: { $from: "ab" },
        },
        onError: { use: "t.c", args: { v: { $from: "a" } } },
      },
      { id: "c", use: "t.c", each: { in: { $from: "a.list" }, as: "a" }, args: { v: { $from: "a.x" } } },
    ],
    output: { $from: "a" },
  });
  const renamed = renameTasks(plan, new Map([["a", "a_2"]]));
  expect(renamed.tasks).toMatchObject([
    { id: "a_2", args: { a: "a", keep: { $literal: { $from: "a.x" } } } },
    {
      after: ["a_2"],
      when: "a_2.ok and b_a != 'a' and x.a",
      args: {
        one: { $from: "a_2.list[0].a" },
        two: ["{{ a_2.x }} a {% if a_2 %}{{ c.a }}{% endif %}"],
        three: { $from: "ab" },
      },
      onError: { args: { v: { $from: "a_2" } } },
    },
    { each: { in: { $from: "a_2.list" }, as: "a" }, args: { v: { $from: "a.x" } } },
  ]);
  expect(renamed.output).toEqual({ $from: "a_2" });
});
