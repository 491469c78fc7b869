import { expect, test } from "vitest";
import { planNodes } from "./plan-edges.ts";

const IDS = ["a", "b", "upper", "item", "text"].map((id) => ({ id, use: "t.x", args: {} }));

/** Of a task `z`, what it waits for. */
function before(task: object): readonly string[] {
  const node = planNodes({ tasks: [...IDS, { id: "z", use: "t.x", args: {}, ...task }] }).get("z");
  return [...(node?.before ?? [])].toSorted();
}

test.each<[string, object, readonly string[]]>([
  ["a reference", { args: { v: { $from: "a.rows[0]" }, w: [{ $from: "b" }] } }, ["a", "b"]],
  ["a literal is no reference", { args: { v: { $literal: { $from: "a" } } } }, []],
  ["a template", { args: { v: "of {{ a.text | upper }} and {{ b['text'] }}" } }, ["a", "b"]],
  ["plain text", { args: { v: "a b" } }, []],
  ["quoted names", { args: { v: "{{ 'a' ~ \"b\" }}" } }, []],
  ["names that the template makes", { args: { v: "{% for a in b %}{{ a }}{% endfor %}" } }, ["b"]],
  [
    "names of arguments and tests",
    { args: { v: "{{ a | default(text=1) }}{% if b is not upper %}x{% endif %}" } },
    ["a", "b"],
  ],
  ["a condition", { when: "a.n > 1 and not b" }, ["a", "b"]],
  ["order alone", { after: ["b", "a"] }, ["a", "b"]],
  ["a list, whose element is no task", { each: { in: { $from: "a" } }, args: { v: { $from: "item.x" } } }, ["a"]],
  ["a list that is called as the element", { each: { in: { $from: "item" }, as: "item" } }, ["item"]],
  ["a round that reads its own value", { repeat: { until: "z.done and a", maxTimes: 2 } }, ["a"]],
  ["a stand-in's arguments", { onError: { use: "t.y", args: { v: { $from: "b" } } } }, ["b"]],
])("the tasks before: %s", (_, task, ids) => {
  expect(before(task)).toEqual(ids);
});
