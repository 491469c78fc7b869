import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TOOL_ALIAS_CHARS_MAX, toolAlias } from "./tool-alias.ts";

const ALIAS = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Names that are made to collide: few letters, many underscores, dots, and what looks like a mark. */
const tricky = fc
  .array(fc.constantFrom("a", "b", "_", "__", ".", "-", "é", "0123456789ab", "_0123456789ab", "x".repeat(40)), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => `s${parts.join("")}`);

describe("an alias", () => {
  test.each([
    ["web.search", "web__search"],
    ["my-files.read_file", "my-files__read_file"],
    ["a.b__c", "a__b__c"],
  ])("of %s can be read", (name, alias) => {
    expect(toolAlias(name)).toBe(alias);
  });

  test.each([
    ["a__b.c", /^a_b__c_[0-9a-v]{12}$/],
    ["web.über suche", /^web___ber_suche_[0-9a-v]{12}$/],
    ["web.search.deep", /^web__search_deep_[0-9a-v]{12}$/],
    [`web.${"long".repeat(40)}`, /^web__(long)+\w*_[0-9a-v]{12}$/],
    ["web.x_0123456789ab", /^web__x_0123456789ab_[0-9a-v]{12}$/],
  ])("of %s is marked", (name, alias) => {
    expect(toolAlias(name)).toMatch(alias);
  });

  test("is always one that a model's API takes, and another one for another name", () => {
    fc.assert(
      fc.property(fc.oneof(tricky, fc.string({ unit: "binary" })), tricky, (left, right) => {
        for (const name of [left, right]) {
          expect(toolAlias(name)).toMatch(ALIAS);
          expect(toolAlias(name).length).toBeLessThanOrEqual(TOOL_ALIAS_CHARS_MAX);
        }
        expect(toolAlias(left) === toolAlias(right)).toBe(left === right);
      }),
      { numRuns: 5_000 },
    );
  });

  test("is different for each of 100,000 names that were made to collide", () => {
    const names = new Set(fc.sample(tricky, { numRuns: 250_000, seed: 5 }));
    expect(names.size).toBeGreaterThan(100_000);
    expect(new Set([...names].map(toolAlias)).size).toBe(names.size);
  });
});
