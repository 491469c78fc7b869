import { canonicalJson, type Json } from "@agentmesh/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { cassetteText, unfolded } from "./cassette-text.ts";

const LONG = `${"a line of a text that is long enough\n".repeat(3)}and its end`;

test("what was written is read as it was, whatever it holds", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const same = JSON.parse(canonicalJson(value as Json)) as Json;
      expect(unfolded(JSON.parse(cassetteText(same)) as Json)).toEqual(same);
    }),
  );
  for (const value of [
    LONG,
    { $lines: ["a", "b"] },
    { $lines: "x" },
    { $literal: { $lines: ["a"] } },
    { $literal: 5 },
    { a: { $lines: [LONG] } },
    { $lines: [LONG], more: 1 },
  ])
    expect(unfolded(JSON.parse(cassetteText(value)) as Json)).toEqual(value);
});

test("a long text has a line for each of its lines, what is short has one, and pieces fill lines", () => {
  const text = cassetteText({
    text: LONG,
    short: { a: 1, b: [2] },
    pieces: Array.from({ length: 40 }, (_, index) => `piece ${index}`),
  });
  expect(text).toContain('"a line of a text that is long enough",\n');
  expect(text).toContain('  "short": { "a": 1, "b": [2] },\n');
  expect(text).toMatch(/"piece 0", "piece 1", .*\n/);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(101);
});
