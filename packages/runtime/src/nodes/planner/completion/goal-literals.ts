/**
 * The values that a part of a goal names, for copying: a literal of a plan is always one of these, so none is invented.
 * Nothing here reads further than the text it is given.
 */

export interface GoalLiterals {
  /** Texts between quotes. */
  readonly quoted: readonly string[];
  readonly paths: readonly string[];
  readonly urls: readonly string[];
  readonly emails: readonly string[];
  readonly numbers: readonly number[];
  /** Runs of words that could be a name or a search text. */
  readonly runs: readonly string[];
}

/** Words of one run: names and search texts are short. */
const RUN_WORDS_MAX = 6;
/** Words that are looked at, and runs that are kept: a grammar with more is slow. */
const WORDS_MAX = 60;
const RUNS_MAX = 120;
/** Values of one kind. */
const VALUES_MAX = 24;
const WORD_CHARACTERS_MAX = 500;

const QUOTED = /"([^"]+)"|“([^”]+)”|`([^`]+)`|(?<![\p{L}\p{N}])'([^']+)'(?![\p{L}\p{N}])/gu;
const QUOTED_WHOLE = /"[^"]+"|“[^”]+”|`[^`]+`/g;
const DIRECTORY_DOTS = /^\.{1,2}$/;
const PATH_CHARACTERS = /^[\p{L}\p{N}_.@%+~/\\-]+$/u;
const FILE_NAME = /^[\p{L}\p{N}_@%+~-][\p{L}\p{N}_.@%+~-]*\.[A-Za-z][A-Za-z0-9]{0,7}$/u;
const FOLDER = /^[\p{L}\p{N}_-]+$/u;
const URL_WORD = /^[a-z][a-z0-9+.-]{0,20}:\/\/\S/i;
const EMAIL_WORD = /^[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+$/;
const NUMBER_WORD = /^-?\d{1,15}(\.\d{1,10})?$/;

/** Words that begin or end no value. */
const FUNCTION_WORDS: ReadonlySet<string> = new Set(
  (
    "a all an and answer are as at be by called content contents for from in into is it its named of on onto or output outputs please result " +
    "results text that the them then these they this those to value was with"
  ).split(" "),
);

/** `describing`: words of tools' names, lower case; a run of them ("the file", "the sum") describes, it is no value. */
export function goalLiterals(text: string, describing: ReadonlySet<string> = new Set()): GoalLiterals {
  const words = wordsIn(text);
  const emails = distinct(words.filter((word) => EMAIL_WORD.test(word)));
  const urls = distinct(words.filter((word) => URL_WORD.test(word)));
  const quoted = distinct([...text.matchAll(QUOTED)].map((match) => match.slice(1).find(Boolean) ?? ""));
  return {
    quoted: quoted.filter((value) => value.trim() !== "" && !isPath(value)),
    paths: distinct(words.filter((word, index) => !emails.includes(word) && (isPath(word) || isFolder(words, index)))),
    urls,
    emails,
    numbers: distinct(words.map(plainNumber).filter((word) => NUMBER_WORD.test(word))).map(Number),
    runs: runsIn(wordsIn(text.replaceAll(QUOTED_WHOLE, " ")), describing),
  };
}

/** The runs that are names: every word with a capital, none left out. */
export function properNames({ runs }: GoalLiterals): readonly string[] {
  return runs.filter((run) => run.split(" ").every(isCapital));
}

/** `notes/launch.txt`, `report.pdf`, `/`, `..`, `C:\x` without its drive. */
export function isPath(word: string): boolean {
  if (word.length > WORD_CHARACTERS_MAX) return false;
  if (DIRECTORY_DOTS.test(word) || word === "/" || FILE_NAME.test(word)) return true;
  return /[/\\]/.test(word) && PATH_CHARACTERS.test(word) && /[\p{L}_]/u.test(word);
}

/** `notes` in "the folder notes". */
function isFolder(words: readonly string[], index: number): boolean {
  const word = words[index] ?? "";
  return (
    /^(directory|folder)$/i.test(words[index - 1] ?? "") && FOLDER.test(word) && !FUNCTION_WORDS.has(word.toLowerCase())
  );
}

function runsIn(words: readonly string[], describing: ReadonlySet<string>): readonly string[] {
  const isEdge = (word: string): boolean => {
    const lower = word.toLowerCase();
    return FUNCTION_WORDS.has(lower) || describing.has(lower) || describing.has(lower.replace(/s$/, ""));
  };
  // The first word is the verb; a name is not cut in two.
  const isJoined = (index: number): boolean =>
    index > 1 && isCapital(words[index - 1] ?? "") && isCapital(words[index] ?? "") && !isEdge(words[index - 1] ?? "");
  const runs: string[] = [];
  for (let from = 1; from < words.length; from += 1) {
    const run = words.slice(from, from + RUN_WORDS_MAX);
    const end = run.findIndex((word) => isPath(word) || word.includes("://") || word.includes("@"));
    const open = end === -1 ? run : run.slice(0, end);
    const [first] = open;
    if (first === undefined || isEdge(first) || isJoined(from)) continue;
    for (const [index, last] of open.entries()) {
      if (!isEdge(last) && !isJoined(from + index + 1)) runs.push(open.slice(0, index + 1).join(" "));
    }
  }
  return [...new Set(runs)].slice(0, RUNS_MAX);
}

function isCapital(word: string): boolean {
  return /^\p{Lu}/u.test(word);
}

function wordsIn(text: string): readonly string[] {
  return text
    .split(/\s+/)
    .slice(0, WORDS_MAX)
    .map(bareWord)
    .filter((word) => word !== "" && word.length <= WORD_CHARACTERS_MAX);
}

/** Without quotes and punctuation around it. */
function bareWord(word: string): string {
  if (DIRECTORY_DOTS.test(word)) return word;
  return word
    .replace(/^[("'“‘`[]+/, "")
    .replace(/[)"'”’`\],;:!?.]+$/, "")
    .replace(/['’]s$/, "");
}

/** `$4,200` is 4200, `40%` is 40. */
function plainNumber(word: string): string {
  return word
    .replace(/^[$€£]/, "")
    .replaceAll(/,(?=\d{3}(?!\d))/g, "")
    .replace(/%$/, "");
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)].slice(0, VALUES_MAX);
}
