import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { renderLine } from "./line.ts";
import { tableLines } from "./table.ts";
import { cutToWidth, textWidth } from "./text-width.ts";

/** A terminal that takes colours, as far as Node looks at it. */
function terminal(): NodeJS.WriteStream {
  const stream = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 8, hasColors: () => true });
  return stream as unknown as NodeJS.WriteStream;
}

describe("a line", () => {
  test("has no escapes but its own", () => {
    const line = ["a\u001b[2J", { style: "red", text: "\u001b[0mb\nc" }] as const;
    expect(renderLine(line, {})).toBe("ab c");
    if (process.env["NO_COLOR"] === undefined) {
      expect(renderLine(line, { stream: terminal() })).toBe("a\u001b[31mb c\u001b[39m");
    }
  });

  test("is cut to the width of the terminal", () => {
    expect(renderLine(["abc", { style: "red", text: "defg" }], { columns: 5 })).toBe("abcd…");
  });
});

describe("the width of text", () => {
  test.each([
    ["abc", 3],
    ["✓ ●", 3],
    ["日本", 4],
    ["e\u0301", 1],
    ["👍", 2],
    ["é", 1],
  ])("%s", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test("never grows beyond the limit by cutting", () => {
    for (let columns = 0; columns < 12; columns++) {
      expect(textWidth(cutToWidth("日本 abc 👍👍 é", columns))).toBeLessThanOrEqual(columns);
    }
  });
});

test("a table has its columns under each other", () => {
  const rows = tableLines([
    ["a", "日本", "x"],
    ["bcd", "e", "y"],
  ]);
  expect(rows.map((row) => renderLine(row, {}))).toEqual(["a    日本  x", "bcd  e     y"]);
});
