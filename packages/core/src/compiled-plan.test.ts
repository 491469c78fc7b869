/** Which of several ready tasks is the most urgent. */
import { describe, expect, test } from "vitest";
import { compilePlan } from "./compiled-plan.ts";
import { Plan, type PlanInput } from "./plan.ts";

type Tasks = PlanInput["tasks"];

/** The ids, the most urgent first. */
function urgency(tasks: Tasks): readonly string[] {
  const compiled = compilePlan(Plan.parse({ mesh: 1, tasks })).tasks;
  return compiled.toSorted((left, right) => right.priority - left.priority).map(({ spec }) => spec.id);
}

function task(id: string, after: readonly string[] = [], expectMs?: number): Tasks[number] {
  return { id, use: "t.work", after: [...after], ...(expectMs === undefined ? {} : { expectMs }) };
}

describe("the most urgent task is the one", () => {
  test("with the longest chain behind it, whatever its place in the list", () => {
    expect(urgency([task("c", ["b"]), task("lone"), task("b", ["a"]), task("a")])).toEqual(["a", "b", "c", "lone"]);
  });

  test("with the longest expected time behind it, even over fewer tasks", () => {
    const tasks = [task("a"), task("b", ["a"]), task("long", [], 2_001)];
    expect(urgency(tasks)).toEqual(["long", "a", "b"]);
  });

  test("that more tasks wait for, of two with equal chains", () => {
    const tasks = [task("one"), task("two"), task("x", ["one"]), task("y", ["two"]), task("z", ["two"])];
    expect(urgency(tasks).slice(0, 2)).toEqual(["two", "one"]);
  });

  test("with one millisecond more behind it, however many wait for the other", () => {
    const waiting = Array.from({ length: 500 }, (_, index) => task(`w${index}`, ["many"], 10));
    expect(urgency([task("many"), ...waiting, task("few"), task("last", ["few"], 11)])[0]).toBe("few");
  });

  test("with the longer chain, when every task of the other opens many", () => {
    const chain = Array.from({ length: 20 }, (_, at) => task(`a${at}`, at === 0 ? [] : [`a${at - 1}`], 1));
    const all = chain.map(({ id }) => id);
    const leaves = Array.from({ length: 20 }, (_, at) => task(`leaf${at}`, all, 1));
    const longer = Array.from({ length: 22 }, (_, at) => task(`b${at}`, at === 0 ? [] : [`b${at - 1}`], 1));
    expect(urgency([...chain, ...leaves, ...longer])[0]).toBe("b0");
  });
});
