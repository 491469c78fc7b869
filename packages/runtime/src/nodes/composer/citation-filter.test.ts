/** Citations as they stream: which brackets are one, which are not, and that pieces do not matter. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CitationFilter } from "./citation-filter.ts";

const KNOWN = new Set(["hits", "pages", "k", "wind-2"]);

function filtered(pieces: readonly string[]): { text: string; citations: string[]; removed: string[] } {
  const filter = new CitationFilter(KNOWN);
  const text = pieces.map((piece) => filter.push(piece)).join("") + filter.end();
  return { text, citations: [...filter.citations], removed: [...filter.removedCitations] };
}

describe("a citation", () => {
  test.each([
    ["It rains [hits].", "It rains [hits].", ["hits"], []],
    ["It rains [hits, pages].", "It rains [hits, pages].", ["hits", "pages"], []],
    ["It rains[wind-2] [k].", "It rains[wind-2] [k].", ["wind-2", "k"], []],
    ["It rains [nope].", "It rains.", [], ["nope"]],
    ["It rains [hits, nope].", "It rains [hits].", ["hits"], ["nope"]],
    ["It [nope] rains [nope] [never]", "It rains", [], ["nope", "never"]],
    ["It rains[nope][pages].", "It rains[pages].", ["pages"], ["nope"]],
    ["Twice [hits], twice [hits].", "Twice [hits], twice [hits].", ["hits"], []],
    ["[[nope]]", "[]", [], ["nope"]],
  ] as const)("in %j gives %j", (answer, text, citations, removed) => {
    expect(filtered([answer])).toEqual({ text, citations, removed });
  });
});

describe("no citation is", () => {
  test.each([
    ["a number", "As [1] and [2, 3] say."],
    ["a mark in a list of things to do", "- [x] done\n- [ ] open"],
    ["a single letter that is no task", "a[i] = b[j]"],
    ["a text of two words", "[citation needed]"],
    ["an empty bracket", "[] and [ ] and [,]"],
    ["a link", "See [docs](https://example.org/a_b) and ![logo](x.png)."],
    ["a link that is called like a task", "See [hits](https://example.org)."],
    ["the target of a link", "[docs]: https://example.org"],
    ["code in a line", "Write `list[index]` or ``a[`b`]``."],
    ["code in a block", "```js\nlist[index] = [nope];\n```"],
    ["an escaped bracket", String.raw`\[nope]`],
    ["a bracket that is never closed", "It rains [hits"],
    ["an element of a list", "[pages[0]]"],
    ["a path", "[a/b] [a.b] [nope!] [naïve]"],
  ])("%s", (_, answer) => {
    expect(filtered([answer])).toEqual({ text: answer, citations: [], removed: [] });
  });

  test("a word in brackets of any length without an end", () => {
    const answer = `[${"a".repeat(100_000)}`;
    expect(filtered([answer]).text).toBe(answer);
  });
});

test("a backtick alone hides no citation past its line", () => {
  expect(filtered(["It`s [nope] wet.\nIt rains [nope]."])).toEqual({
    text: "It`s [nope] wet.\nIt rains.",
    citations: [],
    removed: ["nope"],
  });
});

test("after a block of code citations count again", () => {
  expect(filtered(["```\n[nope]\n```\n[nope] [hits]"]).text).toBe("```\n[nope]\n```\n [hits]");
});

/** Texts rich in what the filter looks at. */
const answers = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "[",
        "]",
        "[hits]",
        "[nope]",
        "[hits, nope]",
        "(",
        ":",
        "\n",
        " ",
        "  ",
        "`",
        "```",
        "\\",
        ",",
        ".",
        "x",
      ),
      fc.string({ maxLength: 6, unit: "grapheme" }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(""));

test("however an answer is cut into pieces, the text and the citations are the same", () => {
  fc.assert(
    fc.property(answers, fc.array(fc.nat(200), { maxLength: 20 }), (answer, cuts) => {
      const at = [...new Set([0, ...cuts.map((cut) => Math.min(cut, answer.length)), answer.length])].sort(
        (a, b) => a - b,
      );
      const pieces = at.slice(1).map((end, index) => answer.slice(at[index], end));
      expect(filtered(pieces)).toEqual(filtered([answer]));
    }),
    { numRuns: 1_000 },
  );
});

test("an answer that loses no citation passes unchanged", () => {
  const harmless = answers.map((answer) => answer.replaceAll("nope", "hits"));
  fc.assert(
    fc.property(harmless, (answer) => {
      const { text, removed } = filtered([answer]);
      expect(removed.length === 0 ? text : answer).toBe(answer);
    }),
    { numRuns: 1_000 },
  );
});
