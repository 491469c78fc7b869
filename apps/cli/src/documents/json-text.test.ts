import { describe, expect, test } from "vitest";
import { faultOf, positionOf, spanOf } from "./json-text.ts";
import { sourceExcerpt } from "./source-excerpt.ts";

const PLAN = `{
  "mesh": 1,
  "tasks": [ { "id": "a", "args": { "x/y": [1, {"deep": "é\\u0041"}], "~t": null } },
    { "id": "b" } ]
}`;

/** The text behind a pointer. */
function at(pointer: string): string {
  const { start, end } = spanOf(PLAN, pointer);
  return PLAN.slice(start, end);
}

describe("a place in JSON", () => {
  test.each([
    ["/mesh", "1"],
    ["/tasks/0/id", '"a"'],
    ["/tasks/0/args/x~1y/0", "1"],
    ["/tasks/0/args/x~1y/1/deep", '"é\\u0041"'],
    ["/tasks/0/args/~0t", "null"],
    ["/tasks/1", '{ "id": "b" }'],
  ])("is found: %s", (pointer, text) => {
    expect(at(pointer)).toBe(text);
  });

  test("that does not exist is the document", () => {
    expect(at("/nowhere/at/all")).toBe(PLAN);
    expect(at("")).toBe(PLAN);
  });

  test("has line and column, and marks below it", () => {
    const span = spanOf(PLAN, "/tasks/1/id");
    expect(positionOf(PLAN, span.start)).toEqual({ line: 4, column: 13 });
    expect(sourceExcerpt(PLAN, span)).toEqual({
      source: '    { "id": "b" } ]',
      caret: "            ^^^",
    });
  });

  test("in a very long line is shown with what is around it", () => {
    const text = JSON.stringify({ pad: "x".repeat(5_000), tasks: [{ id: "here" }], rest: "y".repeat(5_000) });
    const { source, caret } = sourceExcerpt(text, spanOf(text, "/tasks/0/id"));
    expect(source.length).toBeLessThanOrEqual(100);
    expect(source.slice(caret.indexOf("^"), caret.length)).toBe('"here"');
  });
});

describe("the first fault of a text", () => {
  test.each([
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["[1 2]", 3],
    ["{'a':1}", 1],
    ['{"a":tru}', 5],
    ["[01]", 1],
    ['{"a":1}}', 7],
    ["", 0],
    ['{"a":[1', 7],
    ['"a\nb"', 0],
    ['"\\x"', 0],
    ["[1,]", 3],
  ])("%j", (text, offset) => {
    expect(faultOf(text)).toBe(offset);
  });

  test("is found in a long string that never ends", () => {
    expect(faultOf(`{"a":"${"x".repeat(100_000)}`)).toBe(5);
  });

  test.each([PLAN, "[]", "{}", " -1.5e+3 ", '"\\u00e9\\n\u0080"', "[[],[{}]]", "null"])(
    "is none in JSON: %j",
    (text) => {
      JSON.parse(text);
      expect(faultOf(text)).toBeUndefined();
    },
  );
});
