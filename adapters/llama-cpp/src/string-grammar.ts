/** Strings of JSON: lengths, the formats of dates, and keys that are none of a list. */
import { type GrammarRules, literal, oneOf, repeated } from "./grammar-rules.ts";

/** Characters that stand in a JSON string as they are; no control characters, no halves of surrogate pairs. */
const PLAIN = String.raw`[ !#-\[\]-~\u00A0-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]`;
const HEX = "[0-9a-fA-F]";
/** Escapes. `\ud83d\ude00` is one character written as two escapes: left out, so that lengths count what they mean. */
const ESCAPE = String.raw`"\\" ( ["\\/bfnrt] | "u" ( [0-9a-cA-CefEF] ${HEX}{3} | [dD] [0-7] ${HEX}{2} ) )`;

/** llama.cpp refuses a grammar with more repetitions of one thing. */
export const REPETITIONS_MAX = 2_000;

export function stringGrammar(rules: GrammarRules, min: number, max: number | undefined): string {
  const character = rules.add("character", `${PLAIN} | ${ESCAPE}`);
  return rules.add("string", String.raw`"\"" ${repeated(character, min, max)} "\""`);
}

/** Days that every year has: 29 February is left out. */
const DATE = [
  "[0-9]{4} ",
  `( ("01" | "03" | "05" | "07" | "08" | "10" | "12") "-" ("0" [1-9] | [12] [0-9] | "3" [01])`,
  ` | ("04" | "06" | "09" | "11") "-" ("0" [1-9] | [12] [0-9] | "30")`,
  ` | "02" "-" ("0" [1-9] | "1" [0-9] | "2" [0-8]) )`,
];
const HOUR = `([01] [0-9] | "2" [0-3])`;
const SIXTY = "[0-5] [0-9]";
const TIME = `${HOUR} ":" ${SIXTY} ":" ${SIXTY} ("." [0-9]{1,6})? ("Z" | [+-] ${HOUR} ":" ${SIXTY})`;
const FULL_DATE = `${DATE[0]}"-" ${DATE.slice(1).join("")}`;

/** RFC 3339, as JSON Schema means it. */
const FORMATS: ReadonlyMap<string, string> = new Map([
  ["date", FULL_DATE],
  ["time", TIME],
  ["date-time", `${FULL_DATE} "T" ${TIME}`],
]);

/** Undefined for a format that cannot be held. */
export function formatGrammar(rules: GrammarRules, format: string): string | undefined {
  const body = FORMATS.get(format);
  return body === undefined ? undefined : rules.add(format, String.raw`"\"" ${body} "\""`);
}

/** A key that is none of `taken`: a second entry of the same name would replace the first one. */
export function freeKeyGrammar(rules: GrammarRules, taken: readonly string[]): string {
  return rules.add("key", String.raw`"\"" ${otherThan(rules, taken)} "\""`);
}

/** Texts without escapes, at least one character long, that are none of `taken`. */
function otherThan(rules: GrammarRules, taken: readonly string[]): string {
  const more = rules.add("plain", PLAIN);
  if (taken.length === 0) return `${more}{1,${KEY_CHARACTERS_MAX}}`;
  return `( ${branches(rules, taken, false)} )`;
}

/** Characters of a key that the model makes up. */
const KEY_CHARACTERS_MAX = 64;

/** What may follow a prefix that all of `rests` (the rests of the names) share. */
function branches(rules: GrammarRules, rests: readonly string[], mayEnd: boolean): string {
  const byFirst = Map.groupBy(
    rests.filter((rest) => rest !== ""),
    (rest) => String.fromCodePoint(rest.codePointAt(0) ?? 0),
  );
  const others = rules.add("plain", PLAIN);
  const free = `${without([...byFirst.keys()])} ${others}{0,${KEY_CHARACTERS_MAX}}`;
  const next = [...byFirst].map(([first, names]) => {
    const deeper = names.map((name) => name.slice(first.length));
    const expression = branches(rules, deeper, !deeper.includes(""));
    return `${literal(first)} ( ${expression} )`;
  });
  return `${oneOf([free, ...next])}${mayEnd ? ' | ""' : ""}`;
}

/** The plain characters except these. */
function without(characters: readonly string[]): string {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0).sort((left, right) => left - right);
  const ranges = PLAIN_RANGES.flatMap(([from, to]) => {
    const kept: [number, number][] = [];
    let start = from;
    for (const code of codes) {
      if (code < start || code > to) continue;
      if (code > start) kept.push([start, code - 1]);
      start = code + 1;
    }
    if (start <= to) kept.push([start, to]);
    return kept;
  });
  return `[${ranges.map(([from, to]) => `${codePoint(from)}-${codePoint(to)}`).join("")}]`;
}

/** The ranges of PLAIN. */
const PLAIN_RANGES: readonly (readonly [number, number])[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0x7e],
  [0xa0, 0xd7ff],
  [0xe000, 0xfffd],
  [0x10000, 0x10ffff],
];

function codePoint(code: number): string {
  return `\\U${code.toString(16).toUpperCase().padStart(8, "0")}`;
}
