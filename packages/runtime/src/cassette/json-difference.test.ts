import { expect, test } from "vitest";
import { differencesBetween } from "./json-difference.ts";

test("names each place, and of a long text its first line that differs", () => {
  expect(differencesBetween({ a: 1, b: [1, 2], c: "x" }, { a: 1, b: [1, 3, 4], d: null })).toEqual([
    { path: "/b/1", recorded: 2, asked: 3 },
    { path: "/b/2", recorded: undefined, asked: 4 },
    { path: "/c", recorded: "x", asked: undefined },
    { path: "/d", recorded: undefined, asked: null },
  ]);
  expect(differencesBetween({ text: "one\ntwo\nthree" }, { text: "one\n2\nthree" })).toEqual([
    { path: "/text:2", recorded: "two", asked: "2" },
  ]);
  expect(differencesBetween("one", "one\ntwo")).toEqual([{ path: ":2", recorded: undefined, asked: "two" }]);
  expect(differencesBetween({ a: [{}] }, { a: [{}] })).toEqual([]);
  expect(differencesBetween([1], { a: 1 })).toHaveLength(1);
});
