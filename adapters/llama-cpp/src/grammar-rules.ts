/**
 * A grammar in llama.cpp's notation (GBNF) while it is put together. Rules with the same body become one, so that a
 * schema that says the same thing in many places stays small.
 */

/** Whitespace between the parts of a JSON text: at most one space, so that no model can go on with blanks for ever. */
const SPACE = '" "?';

export class GrammarRules {
  readonly #names = new Map<string, string>();
  #characters = 0;

  /** The name of the rule with this body: a new one, or the one that has it already. */
  add(noun: string, body: string): string {
    const known = this.#names.get(body);
    if (known !== undefined) return known;
    const name = `${noun}-${this.#names.size + 1}`;
    this.#names.set(body, name);
    this.#characters += body.length + name.length;
    return name;
  }

  space(): string {
    return this.add("space", SPACE);
  }

  get characters(): number {
    return this.#characters;
  }

  /** The whole grammar. `start` is a rule, a literal or a sequence of them. */
  text(start: string): string {
    return [`root ::= ${start}`, ...[...this.#names].map(([body, name]) => `${name} ::= ${body}`), ""].join("\n");
  }
}

/** Exactly this text. */
export function literal(text: string): string {
  const escaped = text.replaceAll(
    /["\\\n\r\t]/g,
    (character) => ESCAPES[character as keyof typeof ESCAPES] ?? character,
  );
  return `"${escaped}"`;
}

const ESCAPES = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" } as const;

/** One of the expressions. */
export function oneOf(expressions: readonly string[]): string {
  return [...new Set(expressions)].join(" | ");
}

/** An expression so many times over: `x{2,5}`, `x*`, `x?`; empty when it is never to stand. */
export function repeated(expression: string, min: number, max: number | undefined): string {
  if (max === 0) return "";
  if (max === undefined) return min === 0 ? `${expression}*` : `${expression}{${min},}`;
  if (min === max) return min === 1 ? expression : `${expression}{${min}}`;
  return min === 0 && max === 1 ? `${expression}?` : `${expression}{${min},${max}}`;
}
