/**
 * A small reading of llama.cpp's grammar notation, to test grammars without a model: it checks that a grammar is well
 * formed, writes random texts of it, and says whether a text belongs to it.
 */

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly isNegated: boolean; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number };

export type Grammar = ReadonlyMap<string, Node>;

/** Throws where llama.cpp would: bad syntax, an undefined rule, no root, more than 2000 repetitions. */
export function parseGbnf(text: string): Grammar {
  const rules = new Map<string, Node>();
  for (const line of text.split("\n").filter((candidate) => candidate !== "")) {
    const [, name = "", body = ""] = /^([a-z][a-z0-9-]*) ::= (.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`not a rule: ${line}`);
    const parser = new Parser(body);
    rules.set(name, parser.parse());
  }
  if (!rules.has("root")) throw new Error("no root");
  for (const node of rules.values()) checkDefined(node, rules);
  return rules;
}

function checkDefined(node: Node, rules: Grammar): void {
  if (node.kind === "rule" && !rules.has(node.name)) throw new Error(`undefined rule ${node.name}`);
  if (node.kind === "repeat") {
    if (node.min > 2000 || (node.max !== Infinity && node.max > 2000)) throw new Error("too many repetitions");
    if (node.max === 0 || node.min > node.max) throw new Error(`{${node.min},${node.max}} repeats nothing`);
    checkDefined(node.node, rules);
  }
  if (node.kind === "sequence" || node.kind === "choice") for (const inner of node.nodes) checkDefined(inner, rules);
}

class Parser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(body: string) {
    this.#characters = Array.from(body);
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#characters.length) throw new Error(`unexpected ${this.#rest()}`);
    return node;
  }

  #rest(): string {
    return this.#characters.slice(this.#at, this.#at + 40).join("");
  }

  #blank(): void {
    while (this.#peek() === " ") this.#at += 1;
  }

  #peek(): string {
    return this.#characters[this.#at] ?? "";
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#peek() === "|") {
      this.#at += 1;
      nodes.push(this.#sequence());
    }
    return { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    this.#blank();
    while (!["", "|", ")"].includes(this.#peek())) {
      nodes.push(this.#repeat(this.#atom()));
      this.#blank();
    }
    return { kind: "sequence", nodes };
  }

  #atom(): Node {
    const first = this.#peek();
    if (first === '"') return this.#text();
    if (first === "[") return this.#class();
    if (first === "(") {
      this.#at += 1;
      const inner = this.#choice();
      if (this.#peek() !== ")") throw new Error(`expected ) at ${this.#rest()}`);
      this.#at += 1;
      return inner;
    }
    const name = /^[a-z][a-z0-9-]*/.exec(this.#characters.slice(this.#at, this.#at + 80).join(""))?.[0];
    if (name === undefined) throw new Error(`unexpected ${this.#rest()}`);
    this.#at += name.length;
    return { kind: "rule", name };
  }

  #repeat(node: Node): Node {
    const sign = this.#peek();
    const simple = ({ "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] } as const)[sign];
    if (simple !== undefined) {
      this.#at += 1;
      return { kind: "repeat", node, min: simple[0], max: simple[1] };
    }
    if (sign !== "{") return node;
    const end = this.#characters.indexOf("}", this.#at);
    const [min = "", max = min] = this.#characters
      .slice(this.#at + 1, end)
      .join("")
      .split(",");
    this.#at = end + 1;
    return { kind: "repeat", node, min: Number(min), max: max === "" ? Infinity : Number(max) };
  }

  #text(): Node {
    let text = "";
    this.#at += 1;
    while (this.#peek() !== '"') text += String.fromCodePoint(this.#codePoint());
    this.#at += 1;
    return { kind: "text", text };
  }

  #class(): Node {
    this.#at += 1;
    const isNegated = this.#peek() === "^";
    if (isNegated) this.#at += 1;
    const ranges: [number, number][] = [];
    while (this.#peek() !== "]") {
      const from = this.#codePoint();
      if (this.#peek() === "-" && this.#characters[this.#at + 1] !== "]") {
        this.#at += 1;
        const to = this.#codePoint();
        if (to < from) throw new Error(`a range backwards before ${this.#rest()}`);
        ranges.push([from, to]);
      } else ranges.push([from, from]);
    }
    this.#at += 1;
    return { kind: "class", isNegated, ranges };
  }

  /** llama.cpp's parse_char. */
  #codePoint(): number {
    const first = this.#peek();
    if (first === "") throw new Error("unexpected end");
    this.#at += 1;
    if (first !== "\\") return first.codePointAt(0) ?? 0;
    const escape = this.#peek();
    this.#at += 1;
    const digits = { x: 2, u: 4, U: 8 }[escape];
    if (digits !== undefined) {
      const hex = this.#characters.slice(this.#at, this.#at + digits).join("");
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length !== digits) throw new Error(`bad escape ${hex}`);
      this.#at += digits;
      return Number.parseInt(hex, 16);
    }
    const plain = { t: 9, r: 13, n: 10, "\\": 92, '"': 34, "[": 91, "]": 93 }[escape];
    if (plain === undefined) throw new Error(`unknown escape \\${escape}`);
    return plain;
  }
}

/** Repetitions beyond the least, where a grammar sets no end. */
const OPEN_REPETITIONS = 3;

/** A text of the grammar. `random`: at least 0, below 1. */
export function writeText(grammar: Grammar, random: () => number): string {
  const write = (node: Node): string => {
    switch (node.kind) {
      case "text":
        return node.text;
      case "class": {
        const [from, to] = node.ranges[Math.floor(random() * node.ranges.length)] ?? [97, 97];
        return String.fromCodePoint(from + Math.floor(random() * Math.min(to - from + 1, 300)));
      }
      case "rule":
        return write(grammar.get(node.name)!);
      case "sequence":
        return node.nodes.map(write).join("");
      case "choice":
        return write(node.nodes[Math.floor(random() * node.nodes.length)]!);
      case "repeat": {
        const room = Math.min(node.max - node.min, OPEN_REPETITIONS);
        // Both ends of a bound are worth seeing.
        const isMost = node.max < 70 && random() < 0.15;
        const count = isMost ? node.max : node.min + Math.floor(random() * (room + 1));
        return Array.from({ length: count }, () => write(node.node)).join("");
      }
    }
  };
  return write(grammar.get("root")!);
}

/** Whether the whole text belongs to the grammar. */
export function isText(grammar: Grammar, text: string): boolean {
  return new Matcher(grammar, text).isWhole();
}

/** Follows all readings of a text at once: sets of places in it. */
class Matcher {
  readonly #grammar: Grammar;
  readonly #characters: readonly string[];

  constructor(grammar: Grammar, text: string) {
    this.#grammar = grammar;
    this.#characters = Array.from(text);
  }

  isWhole(): boolean {
    return this.#ends(this.#grammar.get("root")!, new Set([0])).has(this.#characters.length);
  }

  #ends(node: Node, starts: ReadonlySet<number>): ReadonlySet<number> {
    switch (node.kind) {
      case "text":
        return this.#afterText(Array.from(node.text), starts);
      case "class":
        return new Set([...starts].filter((at) => isInClass(node, this.#characters[at])).map((at) => at + 1));
      case "rule":
        return this.#ends(this.#grammar.get(node.name)!, starts);
      case "sequence":
        return node.nodes.reduce(
          (reached, inner) => (reached.size === 0 ? reached : this.#ends(inner, reached)),
          starts,
        );
      case "choice":
        return new Set(node.nodes.flatMap((inner) => [...this.#ends(inner, starts)]));
      case "repeat":
        return this.#afterRepeats(node, starts);
    }
  }

  #afterText(wanted: readonly string[], starts: ReadonlySet<number>): ReadonlySet<number> {
    const fitting = [...starts].filter((at) => wanted.every((one, index) => this.#characters[at + index] === one));
    return new Set(fitting.map((at) => at + wanted.length));
  }

  #afterRepeats(node: Extract<Node, { kind: "repeat" }>, starts: ReadonlySet<number>): ReadonlySet<number> {
    let reached = starts;
    const found = new Set(node.min === 0 ? starts : []);
    for (let count = 1; count <= node.max && reached.size > 0; count += 1) {
      reached = this.#ends(node.node, reached);
      const before = found.size;
      if (count < node.min) continue;
      for (const at of reached) found.add(at);
      if (found.size === before) break;
    }
    return found;
  }
}

function isInClass(node: Extract<Node, { kind: "class" }>, character: string | undefined): boolean {
  const code = character?.codePointAt(0);
  if (code === undefined) return false;
  return node.isNegated !== node.ranges.some(([from, to]) => code >= from && code <= to);
}

/** A repeatable source of chance (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
