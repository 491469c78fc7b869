import { expect, test } from "vitest";
import { matchesPattern } from "./name-pattern.ts";

test.each([
  ["web.fetch", "web.fetch", true],
  ["web.fetch", "web.fetch2", false],
  ["web.*", "web.fetch", true],
  ["web.*", "web", false],
  ["*", "", true],
  ["*.delete*", "files.delete_file", true],
  ["*.delete*", "files.undelete", false],
  ["a*b*a", "aba", true],
  ["a*a", "a", false],
  ["a*b*c", "a.c.b", false],
  ["**", "anything", true],
])("%s and %s: %s", (pattern, name, isMatch) => {
  expect(matchesPattern(pattern, name)).toBe(isMatch);
});

test("a pattern of stars takes no time to speak of", () => {
  const startedMs = performance.now();
  expect(matchesPattern("*a".repeat(100), "b".repeat(100_000))).toBe(false);
  expect(performance.now() - startedMs).toBeLessThan(200);
});
