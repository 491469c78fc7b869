/** Which words of a sentence are known. */
import { describe, expect, test } from "vitest";
import { unsupportedWords } from "./sentence-support.ts";

describe("unknown words", () => {
  test.each<[string, string, readonly string[]]>([
    ["The sum is 6,000.", "the sum of 4200 and 1800 is 6000", []],
    ["The sum is 60.", "the sum of 4200 and 1800 is 6000", ["60"]],
    ["It costs 4.5 or 4.50.", "4.5", ["4.50"]],
    ["The total is 3.", "task t3 wrote total3.txt", []],
    ["Nadia lives in Porto.", "name: nadia; city: PORTO", []],
    ["She lives in Lisbon.", "lives in Porto", ["Lisbon"]],
    ["Bob Ray lives here.", "Ann lives here", ["Bob", "Ray"]],
    ["Maria's dog is in McMurdo.", "maria, mcmurdo", []],
    ["Łukasz mieszka w Łodzi.", "łukasz, łodzi", []],
    ["The iPhone is on.", "the phone", []],
  ])("%j of %j", (sentence, source, expected) => {
    expect(unsupportedWords(sentence, [source])).toEqual(expected);
  });
});
