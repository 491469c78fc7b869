/** Canonical JSON over JSONTestSuite and the big list of naughty strings: what people really send. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, isJson, type Json } from "@agentmesh/core";
import { describe, expect, test } from "vitest";
import { corpus } from "./corpora-folder.ts";

const parsing = corpus("json-test-suite/test_parsing");
const valid = readdirSync(parsing).filter((name) => name.startsWith("y_"));
const strings = JSON.parse(readFileSync(corpus("blns.json"), "utf8")) as string[];

/** Minus zero is written as 0 (RFC 8785, section 3.2.2.3). */
function withoutMinusZero(_: string, value: unknown): unknown {
  return value === 0 ? 0 : value;
}

describe("canonical JSON of", () => {
  test.each(valid)("%s is the same value and stays as it is", (name) => {
    const value = JSON.parse(readFileSync(join(parsing, name), "utf8"), withoutMinusZero) as Json;
    const text = canonicalJson(value);
    expect(isJson(value)).toBe(true);
    expect(JSON.parse(text)).toEqual(value);
    expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
  });

  test("naughty strings, as values and as keys, gives them back", () => {
    expect(strings.length).toBeGreaterThan(100);
    for (const string of strings) {
      const value = { [string]: [string] };
      expect(Object.entries(JSON.parse(canonicalJson(value)) as object)).toEqual(Object.entries(value));
    }
  });
});
