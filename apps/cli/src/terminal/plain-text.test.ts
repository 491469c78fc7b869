import { describe, expect, test } from "vitest";
import { plainLine, plainText } from "./plain-text.ts";

describe("plain text", () => {
  test.each([
    ["colours", "\u001b[31mred\u001b[0m", "red"],
    ["cursor movements and erasures", "a\u001b[2A\u001b[0Jb\u001b[?25l", "ab"],
    ["eight-bit controls", "a\u009b31mb\u0085c", "ab\nc"],
    ["window titles and links", "\u001b]0;title\u0007x\u001b]8;;https://example.org\u001b\\y", "xy"],
    ["an escape that is cut off", "a\u001b", "a"],
    ["backspaces, bells and nulls", "a\u0008\u0007\u0000b", "ab"],
    ["carriage returns that overwrite a line", "safe\revil", "safe\nevil"],
    ["Windows line ends", "a\r\nb", "a\nb"],
    ["bidirectional overrides", "a\u202egnp.exe\u2066b", "agnp.exeb"],
    ["zero-width spaces, byte order marks, tags", "a\u200b\ufeff\u{e0041}b", "ab"],
    ["private use and lone surrogates", "a\ue000b\ud83d", "ab\ufffd"],
  ])("is without %s", (_, text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  // Of the Big List of Naughty Strings: they look odd and are harmless.
  test.each([
    "田中さんにあげて下さい",
    "الكل في المجمو عة",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "क्‍ष",
    "$(touch /tmp/x) `ls` <script>",
    "a\tb\nc",
  ])("keeps what people write: %s", (text) => {
    expect(plainText(text)).toBe(text);
  });

  test("on one line has spaces for line feeds and tabs", () => {
    expect(plainLine("a\n\n\tb\r\nc")).toBe("a b c");
  });
});
