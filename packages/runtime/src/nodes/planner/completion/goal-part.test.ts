/** How goals are cut into parts. */
import { describe, expect, test } from "vitest";
import { goalParts, partComment, partText, plainGoal } from "./goal-part.ts";

function texts(goal: string): readonly string[] {
  const parts = goalParts(goal);
  return parts.map((_, index) => partText(parts, index, index + 1));
}

describe("a goal is cut", () => {
  test.each([
    ["Read a.txt.", ["Read a.txt"]],
    ["Read a.txt, then send the text to Ivan.", ["Read a.txt", "send the text to Ivan"]],
    ["First read a.txt; finally list /tmp", ["read a.txt", "list /tmp"]],
    ["Check Oslo and Rome", ["Check Oslo", "Rome"]],
    ["Find Maria, and set the light to 40.", ["Find Maria", "set the light to 40"]],
    ['Write "one, two and three" to a.txt', ['Write "one, two and three" to a.txt']],
    ['Say "hello, and read a.txt', ['Say "hello', "read a.txt"]],
    ["List the directory .. and read ./b", ["List the directory ..", "read ./b"]],
    ["Read\na.txt\u0000\tand\u001b[31m b.txt", ["Read a.txt", "[31m b.txt"]],
    ["and, then.", ["and", "then"]],
    ["   ", []],
  ])("%j", (goal, expected) => {
    expect(texts(goal)).toEqual(expected);
  });
});

test("only a part behind a plain `and`, or one of values alone, may join the one before", () => {
  const parts = goalParts("Read a.txt, b.txt and c.txt, check the sum, and look at Oslo and the fjord");
  expect(parts.map(({ words, mayJoin, isBare, verb }) => [words.join(" "), mayJoin, isBare, verb])).toEqual([
    ["Read a.txt,", false, false, "read"],
    ["b.txt", true, true, "read"],
    ["c.txt,", true, true, "read"],
    ["check the sum,", false, false, "check"],
    ["look at Oslo", false, false, "look"],
    ["the fjord", true, false, "look"],
  ]);
  expect(partText(parts, 0, 3)).toBe("Read a.txt, b.txt and c.txt");
});

test("lone surrogates and control characters do not survive", () => {
  expect(plainGoal("a\ud800b\u0007c\u2028d")).toBe("a\ufffdb c d");
});

test("a long part is cut in its comment", () => {
  expect(partComment("x".repeat(5_000))).toHaveLength(203);
});
