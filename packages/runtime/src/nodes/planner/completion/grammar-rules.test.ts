/** Text in a grammar stays text. */
import { expect, test } from "vitest";
import { grammarWriter } from "../../../../test/grammar-sampler.ts";
import { GrammarRules, literalText } from "./grammar-rules.ts";

const HOSTILE = [
  '"',
  "\\",
  '\\" | root ::= "x',
  'a"\nroot ::= "b',
  "[^a]",
  "\u0000\u0007\u001b\u007f",
  "tab\tline\r\n",
  "田中さんにあげて下さい",
  "\u202e\u2066test\u2069",
  "👾🙇🏽‍♀️",
  "${7*7} {{ 7*7 }} $(id) `id` %x %n",
  "\\x41 \\u0041 \\n",
  "<script>alert(1)</script>",
];

test.each(HOSTILE)("%j is written as it is", (text) => {
  const rules = new GrammarRules();
  expect(grammarWriter(rules.text(rules.rule("text", literalText(text))))(() => 0)).toBe(text);
});

test("equal rules are one, unused ones are left out", () => {
  const rules = new GrammarRules();
  const one = rules.rule("one", '"1"');
  rules.rule("unused", '"2" "unused-2 ::= x"');
  expect(rules.rule("again", '"1"')).toBe(one);
  expect(rules.text(`${one} ${one}`)).toBe('root ::= one-1 one-1\none-1 ::= "1"');
});

test("no alternative is none, and one needs no rule", () => {
  const rules = new GrammarRules();
  expect(rules.oneOf("some", [undefined])).toBeUndefined();
  expect(rules.oneOf("some", [undefined, '"a"', '"a"'])).toBe('"a"');
});
