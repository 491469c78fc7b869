import { isJson, type Json } from "@agentmesh/core";
import { array, assert, constantFrom, dictionary, jsonValue, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigSyntaxError } from "./config-syntax-error.ts";
import { parseConfigText } from "./config-text.ts";
import { jsonOf, sourcedLeaves } from "./sourced-value.ts";

type Format = "yaml" | "json";

function parse(format: Format, text: string) {
  return parseConfigText({ file: `mesh.${format}`, text, format });
}

/** What a user reads. */
function complaint(format: Format, text: string): string {
  try {
    parse(format, text);
  } catch (error) {
    if (error instanceof ConfigSyntaxError) return error.message;
    throw error;
  }
  return "It was parsed.";
}

const lines = (...text: readonly string[]) => text.join("\n");

describe("text that is no YAML is refused with its place:", () => {
  test.each([
    [
      "two keys on a line",
      "tenant: a\nlog: level: info\n",
      lines(
        "mesh.yaml:2:6 is not valid YAML: A second key stands on this line.",
        "  2 | log: level: info",
        "           ^",
      ),
    ],
    [
      "an at-sign without quotes",
      "mcpServers:\n  a: { args: [-y, @scope/server] }\n",
      lines(
        "mesh.yaml:2:19 is not valid YAML: A text may not begin with this sign.",
        "  2 |   a: { args: [-y, @scope/server] }",
        "                        ^",
      ),
    ],
    [
      "a tab",
      "log:\n\tlevel: info\n",
      lines(
        "mesh.yaml:2:1 is not valid YAML: A tab stands where the line is indented.",
        "  2 |  level: info",
        "      ^",
      ),
    ],
    [
      "a key twice",
      "tenant: a\ntenant: b\n",
      lines("mesh.yaml:2:1 is not valid YAML: This key is here twice.", "  2 | tenant: b", "      ^"),
    ],
    [
      "a tag",
      "tenant: !!js/function x\n",
      lines(
        "mesh.yaml:1:9 is not valid YAML: Tags are not taken here.",
        "  1 | tenant: !!js/function x",
        "              ^",
      ),
    ],
    [
      "a bracket that is left open, beside a key",
      "models:\n  a: { apiKey: sk-abc-123\n",
      lines(
        "mesh.yaml:2:26 is not valid YAML: Flow map in block collection must be sufficiently indented and end with a }.",
        "  2 |   a: { apiKey: **********",
        "                               ^",
      ),
    ],
    [
      "two documents",
      "tenant: a\n---\ntenant: b\n",
      lines("mesh.yaml:2:1 is not valid YAML: A second document begins in this file.", "  2 | ---", "      ^"),
    ],
    [
      "a key of all objects",
      "__proto__: { a: 1 }\n",
      lines("mesh.yaml:1:1 is not valid YAML: This cannot be a key.", "  1 | __proto__: { a: 1 }", "      ^"),
    ],
  ])("%s", (_, text, expected) => {
    expect(complaint("yaml", text)).toBe(expected);
  });

  const ten = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(",")}]`;

  test.each([
    [
      "aliases that multiply",
      `a: &a [x]\nb: &b ${ten("a")}\nc: &c ${ten("b")}\nd: ${ten("c")}\n`,
      "Its aliases repeat too much.",
    ],
    [
      "an alias of itself",
      "models: &a { a: *a }\n",
      "It holds something that JSON has not: .inf, .nan, or an alias of itself.",
    ],
    [
      "no number",
      "policy: { retryMax: .nan }\n",
      "It holds something that JSON has not: .inf, .nan, or an alias of itself.",
    ],
    ["nesting without end", `a: ${"[".repeat(20_000)}`, "It nests too deep."],
    ["nesting", `a: ${"[".repeat(60)}${"]".repeat(60)}`, "It nests deeper than 50 levels."],
  ])("%s", (_, text, expected) => {
    expect(complaint("yaml", text)).toContain(` is not valid YAML: ${expected}\n`);
  });
});

describe("text that is no JSON is refused with its place:", () => {
  test.each([
    ["a comment", '{\n  // about\n  "tenant": "a"\n}', "2:3", "JSON has no comments."],
    ["a comma too many", '{\n  "tenant": "a",\n}', "3:1", "A comma may not stand before a closing bracket."],
    ["a comma too few", '{\n  "tenant": "a"\n  "log": {}\n}', "3:3", "A comma is missing before this."],
    ["single quotes", "{ 'tenant': 1 }", "1:3", "JSON has double quotes only."],
    ["an open end", '{ "log": {\n\n', "1:11", "The text ends too early: something is left open."],
    [
      "an open text",
      '{ "tenant": "a\n}',
      "1:13",
      "This text does not end on its line, or holds a backslash that means nothing.",
    ],
    ["a key twice", '{ "tenant": "a", "tenant": "b" }', "1:18", "This key is here twice."],
    ["no colon", '{ "tenant" 1 }', "1:12", "A colon is missing after the key."],
    ["no quotes", "tenant: a", "1:1", "A value is missing here."],
    ["a key without quotes", "{ tenant: 1 }", "1:3", "A key in double quotes is missing here."],
    ["more than one value", "{} x", "1:4", "Nothing may follow the end of the document."],
    ["a bracket that closes another", "[1}", "1:3", 'A comma or "]" is missing here.'],
  ])("%s", (_, text, place, expected) => {
    expect(complaint("json", text)).toContain(`mesh.json:${place} is not valid JSON: ${expected}\n`);
  });

  test("what JSON.parse refuses, and nothing else", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"b',
      "1",
      "-0.5e3",
      "01",
      "null",
      "tru",
      " ",
      "\t",
      "\n",
      "//",
      "\u007f",
    ];
    assert(
      property(array(constantFrom(...pieces), { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        if (text.trim() === "" || complaint("json", text).includes("This key is here twice.")) return;
        expect(complaint("json", text) === "It was parsed.").toBe(isParsed(text));
      }),
      { numRuns: 3_000 },
    );
  });
});

function isParsed(text: string): boolean {
  try {
    // A number beyond all numbers is none.
    return isJson(JSON.parse(text));
  } catch {
    return false;
  }
}

describe("what was parsed", () => {
  test("is what JSON says, however it is laid out", () => {
    const object = dictionary(
      string(),
      jsonValue({ maxDepth: 4 }).filter((value) => value !== null),
    );
    assert(
      property(object, constantFrom(0, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        if (text.includes("__proto__")) return;
        expect(jsonOf(parse("json", text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test("knows the line of every value, an alias its own", () => {
    const text = "base: &base\n  - one\n  - two\nother: { a: 1,\n  b: 2 }\nagain: *base\n";
    const found = [...sourcedLeaves(parse("yaml", text))].map(({ path, value, origin }): readonly Json[] => [
      path.join("."),
      value,
      origin.kind === "file" ? (origin.line ?? 0) : 0,
    ]);
    expect(found).toEqual([
      ["base.0", "one", 2],
      ["base.1", "two", 3],
      ["other.a", 1, 4],
      ["other.b", 2, 5],
      ["again.0", "one", 6],
      ["again.1", "two", 6],
    ]);
  });
});
