import { describe, expect, test } from "vitest";
import { goalShape } from "./goal-shape.ts";

describe("goals that ask for the same", () => {
  test.each([
    ["Where is x?", "  Where   is\nx"],
    ["Read a.txt.", "Read a.txt"],
    ["Do it now!", "Do it now?!"],
    ["caf\u00e9 opening hours", "cafe\u0301 opening hours"],
    ["What's new?", "What's  new"],
  ])("%j and %j", (left, right) => {
    expect(goalShape(left)).toBe(goalShape(right));
  });
});

describe("goals that may ask for something else", () => {
  test.each([
    ["read README.md", "read readme.md"],
    ["list files in .", "list files in"],
    ['write "a  b"', 'write "a b"'],
    ["write `a  b`", "write `a b`"],
    ["write 'a  b'", "write 'a b'"],
    ["add 1, 2", "add 12"],
    ["what is 5!.", "what is 5 !."],
  ])("%j and %j", (left, right) => {
    expect(goalShape(left)).not.toBe(goalShape(right));
  });
});
