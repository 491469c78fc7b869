/** Which words of a sentence are known. */
import { describe, expect, test } from "vitest";
import { isTelling, unsupportedWords } from "./sentence-support.ts";

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

describe("a sentence tells", () => {
  const task = "Search memory for Nadia Petrova";
  const person = "name: Nadia Petrova\nworks as a site reliability engineer\nis based in Porto";

  test.each<[boolean, string, string, string]>([
    [true, "Nadia Petrova works in Porto.", task, person],
    [false, "Nadia Petrova searches memory for her name.", task, person],
    [false, "Nadia Petrova works as an engineer based in the.", task, person],
    [true, "The sum is 6,000.", "get the sum of 4200 and 1800", "6000"],
    [false, "The sum of 4200 and 1800 is known.", "get the sum of 4200 and 1800", "6000"],
    [true, "The sum was written to total.txt.", "write the sum to total.txt", "Successfully wrote to total.txt"],
    [false, "The sum was written to.", "write the sum to total.txt", "Successfully wrote to total.txt"],
    [true, "There is nothing.", "list the notes", "nothing"],
  ])("%s: %j", (expected, sentence, about, result) => {
    expect(isTelling(sentence, about, result)).toBe(expected);
  });
});
