/**
 * Keeps the citations of an answer honest while it streams: `[id]` and `[id, other]` stay when their tasks are known,
 * unknown ids are taken out and remembered. The result does not depend on how the text was cut into pieces.
 *
 * A citation is a bracket that holds nothing but task ids (letters, digits, `_`, `-`, a letter or `_` first), set apart
 * by commas. Not a citation, and left exactly as it is: anything else in brackets (`[1]`, `[two words]`, `[]`), a
 * bracket followed by `(` (a link) or, at the start of a line, by `:` (the target of one), one behind a backslash, code
 * between backticks, and a single letter that is no task (`- [x]`, `a[i]`).
 */

/** Characters between two brackets; a longer text is no citation. Bounds what is held back. */
const BRACKET_CHARACTERS_MAX = 400;
/** Spaces held back before a bracket. */
const SPACES_MAX = 16;
const ID = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const BRACKET_CHARACTER = /[A-Za-z0-9_\-, ]/;
/** After a citation that was taken out, a space before one of these goes too. */
const CLOSES_A_SENTENCE = /[\s.,;:!?)]/;

export class CitationFilter {
  readonly #known: ReadonlySet<string>;
  readonly #citations = new Set<string>();
  readonly #removed = new Set<string>();
  /** Spaces and a bracket that are not yet passed on. */
  #spaces = "";
  #bracket = "";
  /** The character before the bracket or the spaces. */
  #previous = "\n";
  /** Backticks in a row just now; and those that opened the code that we are in, 0 outside. */
  #ticks = 0;
  #codeTicks = 0;

  /** `known`: the tasks that may be cited. */
  constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  /** The next piece of the answer; gives what can be passed on of it. */
  push(piece: string): string {
    let out = "";
    for (let index = 0; index < piece.length; index += 1) out += this.#step(piece.charAt(index));
    return out;
  }

  /** What was held back, once the answer is over. */
  end(): string {
    const bracket = this.#bracket.endsWith("]") ? this.#settled("") : this.#literal();
    return bracket + this.#pass("");
  }

  /** Tasks that are cited, in the order of the text. */
  get citations(): readonly string[] {
    return [...this.#citations];
  }

  /** Ids that were cited and are no known task, in the order of the text. */
  get removedCitations(): readonly string[] {
    return [...this.#removed];
  }

  #step(char: string): string {
    if (this.#bracket === "") return this.#outside(char);
    if (this.#bracket.endsWith("]")) return this.#settled(char) + this.#outside(char);
    const isPart = char === "]" || BRACKET_CHARACTER.test(char);
    if (!isPart || this.#bracket.length > BRACKET_CHARACTERS_MAX) return this.#literal() + this.#outside(char);
    this.#bracket += char;
    return char === "]" && idsIn(this.#bracket) === undefined ? this.#literal() : "";
  }

  #outside(char: string): string {
    this.#followCode(char);
    if (char === "[" && this.#codeTicks === 0 && (this.#previous !== "\\" || this.#spaces !== "")) {
      this.#bracket = char;
      return "";
    }
    if (char === " " && this.#spaces.length < SPACES_MAX) {
      this.#spaces += char;
      return "";
    }
    return this.#pass(char);
  }

  /** Passes on the spaces that were held back, and the text behind them. */
  #pass(text: string): string {
    const out = this.#spaces + text;
    this.#spaces = "";
    if (out !== "") this.#previous = out.slice(-1);
    return out;
  }

  #literal(): string {
    const bracket = this.#bracket;
    this.#bracket = "";
    return bracket === "" ? "" : this.#pass(bracket);
  }

  /** A complete bracket of ids, with the character behind it, or nothing at the end of the answer. */
  #settled(next: string): string {
    const ids = idsIn(this.#bracket) ?? [];
    const kept = ids.filter((id) => this.#known.has(id));
    if (this.#isOther(ids, next)) return this.#literal();
    for (const id of ids) (this.#known.has(id) ? this.#citations : this.#removed).add(id);
    if (kept.length === ids.length) return this.#literal();
    this.#bracket = "";
    if (kept.length > 0) return this.#pass(`[${kept.join(", ")}]`);
    if (next === "" || CLOSES_A_SENTENCE.test(next)) this.#spaces = "";
    return "";
  }

  /** A link, the target of one, or a letter in brackets. */
  #isOther(ids: readonly string[], next: string): boolean {
    const [only = ""] = ids;
    if (ids.length === 1 && only.length === 1 && !this.#known.has(only)) return true;
    return next === "(" || (next === ":" && this.#previous === "\n");
  }

  /** Code opens with some backticks and closes with as many; short code ends with its line in any case. */
  #followCode(char: string): void {
    if (char === "`") {
      this.#ticks += 1;
      return;
    }
    if (this.#ticks > 0) this.#codeTicks = codeAfter(this.#codeTicks, this.#ticks);
    this.#ticks = 0;
    if (char === "\n" && this.#codeTicks < 3) this.#codeTicks = 0;
  }
}

function codeAfter(open: number, ticks: number): number {
  if (open === 0) return ticks;
  const isClosed = open < 3 ? ticks === open : ticks >= open;
  return isClosed ? 0 : open;
}

/** The ids in `[a, b]`; undefined when it holds anything else. */
function idsIn(bracket: string): readonly string[] | undefined {
  const ids = bracket
    .slice(1, -1)
    .split(",")
    .map((id) => id.trim());
  return ids.every((id) => ID.test(id)) ? ids : undefined;
}
