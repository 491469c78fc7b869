/** Which words of a sentence stand in none of its sources: numbers and names are what a small model invents. */

const NUMBER = /\d+(?:\.\d+)?/g;
/** Commas between thousands. */
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g;
const NAME = /\p{Lu}[\p{L}\p{N}'’_-]*/gu;

/** Empty when every number and name of the sentence occurs in a source. The first word is a name only when more follow it. */
export function unsupportedWords(sentence: string, sources: readonly string[]): readonly string[] {
  const source = sources.join("\n").toLowerCase().replaceAll(THOUSANDS, "");
  const known = new Set(source.match(NUMBER));
  const numbers = (sentence.replaceAll(THOUSANDS, "").match(NUMBER) ?? []).filter((number) => !known.has(number));
  return [...numbers, ...namesIn(sentence).filter((name) => !source.includes(name.toLowerCase()))];
}

function namesIn(sentence: string): readonly string[] {
  const names = [...sentence.matchAll(NAME)];
  const opening = /^\p{Lu}\S*\s+\p{Lu}/u.test(sentence);
  return names
    .filter(({ index }) => (index === 0 ? opening : !/[\p{L}\p{N}]/u.test(sentence.charAt(index - 1))))
    .map(([name]) => name.replace(/['’]s$/, ""));
}
