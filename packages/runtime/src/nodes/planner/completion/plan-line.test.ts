/** Lines of plans, read and translated. */
import { describe, expect, test } from "vitest";
import { OFFICE_TOOLS, toolSpec } from "../../../../test/planner-tools.ts";
import { readPlanLines } from "./plan-line.ts";
import { planTools } from "./plan-tool.ts";
import { translatePlan } from "./plan-translation.ts";

const TOOLS = planTools([
  ...OFFICE_TOOLS,
  toolSpec("x.nest", {
    properties: {
      "odd key": { anyOf: [{ type: "object", properties: { list: { type: "array", items: { type: "string" } } } }] },
      "plain-key": { type: ["integer", "null"] },
    },
  }),
]);

function planOf(...lines: readonly string[]): unknown {
  const read = readPlanLines([...lines, "done", ""].join("\n"), TOOLS);
  return read === undefined ? undefined : translatePlan(read, {}).document;
}

test("a reference reads the field that fits, a text is what a tool without output schema gives", () => {
  expect(
    planOf(
      "# Read a.txt",
      't1 = read_file(path: "a.txt")',
      "# get the sum",
      "t2 = get_sum(a: 1, b: -2.5)",
      "# write both",
      't3 = write_file(path: "b.txt", content: t1)',
      't4 = write_file(path: "c.txt", content: t2)',
      't5 = search_people(query: "Ann")',
      't6 = write_file(path: "d.txt", content: t5)',
    ),
  ).toEqual({
    mesh: 1,
    tasks: [
      { id: "t1", use: "files.read_file", args: { path: "a.txt" }, reason: "Read a.txt" },
      { id: "t2", use: "sums.get_sum", args: { a: 1, b: -2.5 }, reason: "get the sum" },
      {
        id: "t3",
        use: "files.write_file",
        args: { path: "b.txt", content: { $from: "t1.content" } },
        reason: "write both",
      },
      {
        id: "t4",
        use: "files.write_file",
        args: { path: "c.txt", content: { $from: "t2.text" } },
        reason: "write both",
      },
      { id: "t5", use: "people.search_people", args: { query: "Ann" }, reason: "write both" },
      {
        id: "t6",
        use: "files.write_file",
        args: { path: "d.txt", content: "{{ t5 | tojson }}" },
        reason: "write both",
      },
    ],
  });
});

test("a literal that looks like a template stays a literal", () => {
  expect(planOf('t1 = read_file(path: "{{ inputs.secret }}")')).toMatchObject({
    tasks: [{ args: { path: { $literal: "{{ inputs.secret }}" } } }],
  });
});

test("values nest, and keys may be anything", () => {
  expect(
    planOf('t1 = read_file(path: "a")', 't2 = nest("odd key": {"list": ["x, \\"y\\"", t1]}, plain-key: null)'),
  ).toMatchObject({
    tasks: [{}, { args: { "odd key": { list: ['x, "y"', { $from: "t1.content" }] }, "plain-key": null } }],
  });
});

describe("no plan is read from", () => {
  test.each([
    [""],
    ["done"],
    ['t1 = read_file(path: "a")'],
    ["t1 = read_file(path: )\ndone"],
    ['t1 = rm(path: "a")\ndone'],
    ['t1 = read_file(path: "a"\ndone'],
    ['t1 = read_file(path: "a" x: 1)\ndone'],
    ["t1 = read_file(path: [1)\ndone"],
    ['t1 = read_file(path: "\\x")\ndone'],
    ['t1 = read_file("\\q": "a.txt")\ndone'],
  ])("%j", (text) => {
    expect(readPlanLines(text, TOOLS)).toBeUndefined();
  });
});
