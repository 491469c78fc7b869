/**
 * A goal cut into the parts that one call each can serve. Commas, semicolons, the ends of sentences and "then" always
 * begin a new part; " and " may, and so may what names only values ("read a.txt, b.txt"): there the model decides.
 * English words only; in another language a goal has fewer parts.
 */

export interface GoalPart {
  /** At least one. */
  readonly words: readonly string[];
  /** What stood between this part and the one before: "and", "then" or nothing. */
  readonly lead: readonly string[];
  /** Whether this part and the one before may be one. */
  readonly mayJoin: boolean;
  /** Whether it names only values. */
  readonly isBare: boolean;
  /** Whether it has no verb of its own: `verb` is that of a part before. */
  readonly isVerbless: boolean;
  /** Lower case. */
  readonly verb: string;
}

/** Parts of a goal that are planned. */
export const GOAL_PARTS_MAX = 16;
/** Characters of a part that are copied as its comment. */
const COMMENT_CHARACTERS_MAX = 200;
const QUOTES = /["“”`]/g;
const LINK = /^(and|then)$/i;
const OPENING = /^(and|then|also|finally|please|first|next)$/i;
const PART_END = /[,;!?]$|\.$/;
const DOTS = /^\.{1,2}$/;
const BARE_WORD = /^(and|the|a|an|in|of|also|file|files|both)$/i;
const VERBLESS = /^(a|all|an|for|from|her|his|in|it|its|my|of|our|that|the|their|them|this|to|your)$/i;
const PHRASAL_VERBS: ReadonlyMap<string, string> = new Map([
  ["find out", "search"],
  ["look for", "search"],
  ["look up", "search"],
  ["write down", "write"],
]);
const VALUE_WORD = /[./\\@\d"“”`]/;

/** Control characters are gone, every run of white space is one space. */
export function plainGoal(goal: string): string {
  return goal
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, " ")
    .trim();
}

/** In the order of the goal; empty for a goal without words. May hold more than GOAL_PARTS_MAX. */
export function goalParts(goal: string): readonly GoalPart[] {
  const words = plainGoal(goal)
    .split(" ")
    .filter((word) => word !== "");
  const isBalanced = words.join("").replaceAll(/[^"“”`]/g, "").length % 2 === 0;
  const parts: GoalPart[] = [];
  let lead: string[] = [];
  let current: string[] = [];
  let isQuoted = false;
  const flush = (): void => {
    const part = partOf(current, lead, parts.at(-1));
    if (part === undefined) return;
    parts.push(part);
    current = [];
    lead = [];
  };
  for (const word of words) {
    if (!isQuoted && LINK.test(word)) {
      flush();
      lead.push(word);
      continue;
    }
    current.push(word);
    if (isBalanced && (word.match(QUOTES)?.length ?? 0) % 2 === 1) isQuoted = !isQuoted;
    if (!isQuoted && PART_END.test(word) && !DOTS.test(word)) flush();
  }
  flush();
  return parts;
}

/** The text of the parts from `from` up to `to`, without the punctuation at its end. */
export function partText(parts: readonly GoalPart[], from: number, to: number): string {
  const texts = parts
    .slice(from, to)
    .map(({ lead, words }, index) => (index === 0 ? words : [...lead, ...words]).join(" "));
  return texts.join(" ").replace(/(?<![\s.])[,;.!?]+$/, "");
}

/** What stands above a call: the part, cut where it is long. */
export function partComment(text: string): string {
  if (text.length <= COMMENT_CHARACTERS_MAX) return text;
  return `${text.slice(0, COMMENT_CHARACTERS_MAX).toWellFormed()}...`;
}

function partOf(
  current: readonly string[],
  lead: readonly string[],
  previous: GoalPart | undefined,
): GoalPart | undefined {
  const words = withoutOpening(current);
  if (words.length === 0) return undefined;
  const hasBefore = previous !== undefined;
  const isBare = hasBefore && words.every((word) => BARE_WORD.test(word) || VALUE_WORD.test(trimmed(word)));
  const isVerbless = hasBefore && (isBare || VERBLESS.test(words[0] ?? ""));
  const verb = isVerbless ? previous.verb : verbOf(words);
  return { words, lead, mayJoin: isBare || isSoft(lead, previous), isBare, isVerbless, verb };
}

function verbOf(words: readonly string[]): string {
  const [first = "", second = ""] = words.map((word) => trimmed(word).toLowerCase());
  return PHRASAL_VERBS.get(`${first} ${second}`) ?? first;
}

/** A plain " and ", without a comma before it. */
function isSoft(lead: readonly string[], previous: GoalPart | undefined): boolean {
  const isAfterEnd = PART_END.test(previous?.words.at(-1) ?? "");
  return previous !== undefined && lead.length === 1 && /^and$/i.test(lead[0] ?? "") && !isAfterEnd;
}

function withoutOpening(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word, index) => index === words.length - 1 || !OPENING.test(word));
  return words.slice(Math.max(0, start));
}

function trimmed(word: string): string {
  return word.replace(/[,;.!?]+$/, "");
}
