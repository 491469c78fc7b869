/**
 * The rules of one GBNF grammar (llama.cpp's notation), equal bodies shared. Text from outside enters through
 * `literalText` only, so that no name, description or goal can change what a grammar means.
 */

const RULE_NAME = /[a-z][a-z0-9-]*/g;
/** Literals and character classes: what they hold is no rule name. */
const QUOTED_TEXT = /"(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\]/g;

export class GrammarRules {
  readonly #bodies = new Map<string, string>();
  readonly #names = new Map<string, string>();

  /** The name of a rule with this body. `base`: lower-case letters, for people who read the grammar. */
  rule(base: string, body: string): string {
    const known = this.#names.get(body);
    if (known !== undefined) return known;
    const name = `${base}-${this.#names.size + 1}`;
    this.#names.set(body, name);
    this.#bodies.set(name, body);
    return name;
  }

  /** One of several; undefined when there is none. */
  oneOf(base: string, alternatives: readonly (string | undefined)[]): string | undefined {
    const some = [...new Set(alternatives.filter((body) => body !== undefined))];
    return some.length > 1 ? this.rule(base, some.join(" | ")) : some[0];
  }

  /** The grammar that starts with `root`, without the rules that it does not need. */
  text(root: string): string {
    const lines = [`root ::= ${root}`];
    const seen = new Set<string>();
    const open = namesIn(root);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const body = this.#bodies.get(name);
      if (body === undefined || seen.has(name)) continue;
      seen.add(name);
      lines.push(`${name} ::= ${body}`);
      open.push(...namesIn(body));
    }
    return lines.join("\n");
  }
}

/** Exactly this text, as a GBNF literal. */
export function literalText(text: string): string {
  const escaped = text
    .toWellFormed()
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("\r", String.raw`\r`)
    .replaceAll("\t", String.raw`\t`)
    // eslint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f]/g, (char) => String.raw`\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `"${escaped}"`;
}

function namesIn(body: string): string[] {
  return body.replaceAll(QUOTED_TEXT, " ").match(RULE_NAME) ?? [];
}
