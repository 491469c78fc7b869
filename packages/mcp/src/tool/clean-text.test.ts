import { expect, test } from "vitest";
import { cleanText, isPlainName } from "./clean-text.ts";

test.each([
  ["terminal colours", "\u001b[31mred\u001b[0m", "red"],
  ["a terminal title", "\u001b]0;owned\u0007text", "text"],
  ["bells and backspaces", "a\u0007b\u0008c", "abc"],
  ["zero-width characters", "pay\u200b\u200c\u200d\u2060\ufeff me", "pay me"],
  ["text that runs backwards", "abc\u202edef\u2066ghi", "abcdefghi"],
  ["letters of the tag block", `see${String.fromCodePoint(0xe0041, 0xe0042)}n`, "seen"],
  ["variation selectors", `a\ufe0f${String.fromCodePoint(0xe0100)}b`, "ab"],
  ["halves of characters", "a\ud800b", "a\ufffdb"],
])("%s are taken out", (_what, text, clean) => {
  expect(cleanText(text, 100)).toBe(clean);
});

test("lines and tabs stay, in one form", () => {
  expect(cleanText("a\r\nb\rc\u2028d\te", 100)).toBe("a\nb\nc\nd\te");
});

test("letters of every language stay", () => {
  expect(cleanText("größe 大きさ ขนาด размер", 100)).toBe("größe 大きさ ขนาด размер");
});

test("long text is cut and says so", () => {
  expect(cleanText("x".repeat(1_000_000), 10)).toBe(`${"x".repeat(9)}…`);
  expect(cleanText("exactly 10", 10)).toBe("exactly 10");
});

test("no character is cut in two", () => {
  expect(cleanText("😀😀😀", 4).isWellFormed()).toBe(true);
});

test("a plain name is one that a reader sees whole", () => {
  expect(["read_file", "odd name/with.dots", "größe"].every(isPlainName)).toBe(true);
  expect(["", " padded", "a\u200bb", "a\nb", "\ud800"].some(isPlainName)).toBe(false);
});
