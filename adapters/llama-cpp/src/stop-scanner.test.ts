import { constantFrom, assert as assertProperty, array, integer, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { StopScanner } from "./stop-scanner.ts";

function shown(sequences: readonly string[], pieces: readonly string[]): string {
  const scanner = new StopScanner(sequences);
  return [...pieces.map((piece) => scanner.push(piece)), scanner.flush()].join("");
}

describe("a scanner of stop sequences", () => {
  test("shows nothing of the sequence, wherever the pieces are cut", () => {
    const text = string({ unit: constantFrom("a", "b", "c"), maxLength: 30 });
    const sequence = string({ unit: constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });
    assertProperty(
      property(text, array(sequence, { maxLength: 3 }), integer({ min: 1, max: 5 }), (whole, sequences, size) => {
        const pieces = whole.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
        const ends = sequences.map((stop) => whole.indexOf(stop)).filter((index) => index >= 0);
        const first = Math.min(whole.length, ...ends);
        // The first sequence to be complete decides, which is not always the first one to begin.
        expect(whole.startsWith(shown(sequences, pieces))).toBe(true);
        expect(shown(sequences, pieces).length).toBeGreaterThanOrEqual(first);
        if (ends.length === 0) expect(shown(sequences, pieces)).toBe(whole);
        for (const stop of sequences) expect(shown(sequences, pieces)).not.toContain(stop);
      }),
      { numRuns: 500 },
    );
  });

  test("holds back only what may be the beginning of one", () => {
    const scanner = new StopScanner(["END"]);
    expect(["The", " E", "ven", " EN", "D!"].map((piece) => scanner.push(piece))).toEqual([
      "The",
      " ",
      "Even",
      " ",
      "",
    ]);
    expect(scanner.isStopped).toBe(true);
    expect(scanner.push("more")).toBe("");
  });

  test("without sequences, or with empty ones, shows everything at once", () => {
    const scanner = new StopScanner([""]);
    expect(scanner.push("all of it")).toBe("all of it");
  });
});
