import { expect, test } from "vitest";
import { jsonText } from "./output.ts";

test.each([
  ["colours", "\u001b[31mred\u009b0m"],
  ["bidirectional overrides", "a\u202egnp.exe\u2066b"],
  ["zero-width characters", "a\u200b\u2060\ufeff\u180eb"],
  ["tags that spell an instruction", "ok\u{e0069}\u{e0067}\u{e006e}\u{e006f}\u{e0072}\u{e0065}\u{e007f}"],
  ["interlinear annotations", "a\ufff9b\ufffac\ufffb"],
])("%s stand in JSON as escapes, and mean the same", (_what, text) => {
  const json = jsonText({ text });
  expect(json).toMatch(/^[\x20-\x7e]*$/);
  expect(JSON.parse(json)).toEqual({ text });
});
