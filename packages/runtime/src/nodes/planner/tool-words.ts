/**
 * Words of goals and of tools, in the one form in which they are compared: split on case and punctuation, in any
 * language, English endings taken off. What a goal implies without saying it is added with less weight.
 */

let segmenter: Intl.Segmenter | undefined;

/** Made late: it loads the dictionaries of its language, and most texts are ASCII. */
function wordSegmenter(): Intl.Segmenter {
  return (segmenter ??= new Intl.Segmenter("en", { granularity: "word" }));
}

/** Here a pattern finds the same words, ten times as fast. */
// eslint-disable-next-line no-control-regex
const ASCII = /^[\u0000-\u007f]*$/;

/** Words that stand in every goal and tell nothing about tools. */
const SILENT: ReadonlySet<string> = new Set(
  (
    "a about all also an and any are as at be but by can could do does each for from give had has have he help her here his " +
    "how i if in into is it its just like make may me might more most my need no not of on or our please she should so some " +
    "such tell than that the their them then there they this those to two use used using want was we were what when where " +
    "which who why will with would you your"
  ).split(" "),
);

/** What one does with files of a kind; by extension. */
const FILE_WORDS: Readonly<Record<string, string>> = {
  bib: "text read write file",
  c: "code read write file",
  csv: "table data read write file",
  doc: "word document",
  docx: "word document",
  gif: "image picture",
  html: "web page",
  ics: "calendar event",
  jpeg: "image picture",
  jpg: "image picture",
  js: "code read write file",
  json: "data read write file",
  log: "text read file",
  md: "markdown write file",
  mp3: "audio music",
  mp4: "video",
  pdf: "pdf document",
  png: "image picture",
  ppt: "presentation powerpoint slide",
  pptx: "presentation powerpoint slide",
  py: "code read write file",
  sql: "database query",
  sqlite: "database query",
  svg: "image picture",
  tex: "text write file",
  ts: "code read write file",
  txt: "text read write file",
  wav: "audio music",
  xls: "excel sheet spreadsheet",
  xlsx: "excel sheet spreadsheet",
  xml: "data read file",
  yaml: "data read write file",
  zip: "archive file",
};

/** Everyday words and the words that tools use for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  address: "geocode location",
  article: "paper page",
  browse: "navigate page",
  buy: "order price",
  choose: "random",
  compute: "calculate",
  convert: "transform",
  delete: "remove",
  diff: "compare",
  download: "fetch",
  email: "mail message",
  estimate: "calculate",
  find: "search",
  folder: "directory",
  image: "picture",
  latest: "news current",
  look: "search",
  mail: "email message",
  meeting: "calendar event",
  message: "send",
  paper: "article",
  photo: "image",
  picture: "image",
  pick: "random",
  place: "location",
  ppt: "presentation slide",
  read: "get",
  remove: "delete",
  route: "directions",
  save: "write",
  share: "stock",
  show: "get",
  slide: "presentation",
  spreadsheet: "excel sheet",
  stock: "ticker",
  sum: "calculate",
  today: "date time current",
  tomorrow: "date time current",
  website: "web page",
  write: "save",
  yesterday: "date time current",
};
/** The weight of a word that the goal only implies. */
const SYNONYM_WEIGHT = 0.3;
/** Words of one goal that are looked up: a longer text is a document, and its beginning says what is wanted. */
const GOAL_WORDS_MAX = 200;

/** The words of a text, lower case, as written: `getBTCPrice_v2` is get, btc, price, v, 2. */
export function wordsOf(text: string): readonly string[] {
  const spaced = text
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .replaceAll(/[._\-/:]+/g, " ");
  if (ASCII.test(spaced)) return spaced.toLowerCase().match(/[a-z0-9']+/g) ?? [];
  return [...wordSegmenter().segment(spaced)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ segment }) => segment.toLowerCase());
}

/** The form in which words are compared; undefined for words that tell nothing. */
export function wordStem(word: string): string | undefined {
  if (SILENT.has(word)) return undefined;
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  const singular = singularOf(word);
  const stem = singular
    .replace(/(ations?|ating|ated|ates?)$/, "at")
    .replace(/(ing|ed|er|or)$/, "")
    .replace(/e$/, "")
    .replace(/(.)\1$/, "$1");
  return stem.length < 3 ? word : stem;
}

/** What a goal is about: stems with their weights, 1 for what it says and less for what it implies. */
export function goalStems(goal: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  const add = (words: string, weight: number): void => {
    for (const word of words.split(" ")) {
      const stem = wordStem(word);
      if (stem !== undefined) weights.set(stem, Math.max(weights.get(stem) ?? 0, weight));
    }
  };
  const said = wordsOf(goal).slice(0, GOAL_WORDS_MAX);
  for (const word of said) add(word, 1);
  for (const [, extension = ""] of goal.matchAll(/\.([A-Za-z0-9]{1,6})\b/g)) add(entryOf(FILE_WORDS, extension), 1);
  for (const word of said) add(entryOf(SYNONYMS, word) || entryOf(SYNONYMS, singularOf(word)), SYNONYM_WEIGHT);
  weights.delete("");
  return weights;
}

function entryOf(table: Readonly<Record<string, string>>, word: string): string {
  const key = word.toLowerCase();
  return Object.hasOwn(table, key) ? (table[key] ?? "") : "";
}

function singularOf(word: string): string {
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  return /(ss|us|is)$/.test(word) || !word.endsWith("s") ? word : word.slice(0, -1);
}
