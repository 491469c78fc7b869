/**
 * Whether a sentence can be believed to tell a result: its numbers and names stand in a source, it says something that only
 * the result can have said, and it is not cut in mid-air. These are the faults of small models; other faults are not seen.
 */

const NUMBER = /\d+(?:\.\d+)?/g;
/** Commas between thousands. */
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g;
const WORD = /[\p{L}\p{N}]{4,}|\d+/gu;
/** A result with so many words of its own has something to tell. */
const OWN_WORDS_MIN = 4;
/** What no sentence ends with. */
const LOOSE_END = /\b(a|an|and|as|at|by|for|from|in|into|is|of|on|or|that|the|to|was|with)(\s+\w+ly)?\W*$/i;
const NAME = /\p{Lu}[\p{L}\p{N}'’_-]*/gu;

/** Empty when every number and name of the sentence occurs in a source. The first word is a name only when more follow it. */
export function unsupportedWords(sentence: string, sources: readonly string[]): readonly string[] {
  const source = sources.join("\n").toLowerCase().replaceAll(THOUSANDS, "");
  const known = new Set(source.match(NUMBER));
  const numbers = (sentence.replaceAll(THOUSANDS, "").match(NUMBER) ?? []).filter((number) => !known.has(number));
  return [...numbers, ...namesIn(sentence).filter((name) => !source.includes(name.toLowerCase()))];
}

/** Whether it tells something of the result that the task did not know. */
export function isTelling(sentence: string, task: string, result: string): boolean {
  if (LOOSE_END.test(sentence)) return false;
  const known = wordsIn(task);
  const own = new Set([...wordsIn(result)].filter((word) => !known.has(word)));
  const told = [...wordsIn(sentence)].filter((word) => own.has(word)).length;
  if (own.size >= OWN_WORDS_MIN) return told >= 2;
  return told >= 1 || ![...own].some((word) => /^\d+$/.test(word));
}

function wordsIn(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().replaceAll(THOUSANDS, "").match(WORD));
}

function namesIn(sentence: string): readonly string[] {
  const names = [...sentence.matchAll(NAME)];
  const opening = /^\p{Lu}\S*\s+\p{Lu}/u.test(sentence);
  return names
    .filter(({ index }) => (index === 0 ? opening : !/[\p{L}\p{N}]/u.test(sentence.charAt(index - 1))))
    .map(([name]) => name.replace(/['’]s$/, ""));
}
