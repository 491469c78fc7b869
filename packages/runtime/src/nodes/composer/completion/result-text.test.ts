/** Values as plain lines. */
import type { Json } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { CUT_MARK, cutText, resultText } from "./result-text.ts";

describe("a value is told as lines", () => {
  test.each<[Json, string]>([
    ["plain", "plain"],
    [42, "42"],
    [null, "null"],
    [{ text: "It is\r\n\r\n  done.", content: [{ type: "text", text: "It is" }] }, "It is\ndone."],
    [{ content: "Launch plan\nOn 14 March" }, "Launch plan\nOn 14 March"],
    [{ content: [{ type: "image" }] }, "type: image"],
    [{ name: "Nadia", tags: ["a", "b"], none: null, empty: [] }, "name: Nadia\ntags: a; b"],
    [{ entities: [{ name: "A", at: { city: "Porto" } }, { name: "B" }] }, "name: A\ncity: Porto\nname: B"],
    [["x", 1, true], "x\n1\ntrue"],
    [{ text: "\u001b[31mred\u0000\u0085 end\ud800" }, "[31mred  end\ufffd"],
  ])("%j", (value, expected) => {
    expect(resultText(value)).toBe(expected);
  });
});

test("a value without end has one", () => {
  let deep: Json = "x";
  for (let level = 0; level < 90; level += 1) deep = { deep };
  expect(resultText(deep)).toBe("");
  expect(cutText("x".repeat(10_000))).toHaveLength(1_500 + 1 + CUT_MARK.length);
});
