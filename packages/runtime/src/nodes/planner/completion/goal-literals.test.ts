/** What a part of a goal offers for copying. */
import { describe, expect, test } from "vitest";
import { goalLiterals, isPath } from "./goal-literals.ts";

describe("a literal is found", () => {
  test.each([
    ["paths", "Read notes/launch.txt, ./b and report.pdf.", ["notes/launch.txt", "./b", "report.pdf"]],
    ["paths", "List .. and /", ["..", "/"]],
    ["paths", "Mail a@b.org about 1/2 of it", []],
    ["paths", "List the directory notes in the folder of Ann", ["notes"]],
    ["urls", "Fetch <https://example.org/a?b=c>, please", []],
    ["urls", "Fetch https://example.org/a?b=c, please", ["https://example.org/a?b=c"]],
    ["emails", "Write to ann@example.org.", ["ann@example.org"]],
    ["numbers", "Add 4,200 and $18.50 and 40% and -3", [4200, 18.5, 40, -3]],
    ["numbers", "Book room 12b on 2026-11-22", []],
    ["quoted", "Say \"hello there\" and 'good bye' and “so long”", ["hello there", "good bye", "so long"]],
    ["quoted", "Don't read Ann's file", []],
  ] as const)("%s of %j", (kind, text, expected) => {
    expect(goalLiterals(text)[kind]).toEqual(expected);
  });
});

test("runs of words leave out the verb, function words at their ends and words that only describe", () => {
  expect(goalLiterals("Search memory for Nadia Petrova", new Set(["memory"])).runs).toEqual(["Nadia Petrova"]);
  expect(goalLiterals("Write the sum to the file", new Set(["sum", "file"])).runs).toEqual([]);
});

test("a goal made to be slow is not", () => {
  const startedAt = performance.now();
  for (const text of [
    `x ${"a".repeat(100_000)}!`,
    "a/".repeat(50_000),
    `${"a.".repeat(50_000)}!`,
    '"'.repeat(100_000),
  ]) {
    goalLiterals(text);
    isPath(text);
  }
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
