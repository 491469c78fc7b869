/**
 * A model that writes any text of the grammar it is held to, by chance: what holds for its plans holds for every model's.
 * Reads the part of llama.cpp's notation that the planner uses, and refuses what llama.cpp would refuse.
 */
import { type ScriptedFunction, type ScriptedModel, scriptedModel } from "@agentmesh/models";

type Writer = (random: () => number) => string;

/** Throws on bad syntax and on an undefined rule. */
export function grammarWriter(grammar: string): Writer {
  const rules = new Map<string, Writer>();
  const bodies = grammar.split("\n").map((line) => {
    const [, name = "", body = ""] = /^([a-z][a-z0-9-]*) ::= (.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`not a rule: ${line}`);
    return [name, body] as const;
  });
  const names = new Set(bodies.map(([name]) => name));
  for (const [name, body] of bodies) rules.set(name, new RuleReader(body, names, rules).read());
  const root = rules.get("root");
  if (root === undefined) throw new Error("no root");
  return root;
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

export function anyPlanModel(seed: number): ScriptedModel {
  const random = seededRandom(seed);
  const answer: ScriptedFunction = ({ output }) => grammarWriter(output?.grammar ?? "")(random);
  return scriptedModel(answer, { capabilities: { output: "grammar", prompt: "completion" } });
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "[": "[",
  "]": "]",
};

class RuleReader {
  readonly #body: string;
  readonly #names: ReadonlySet<string>;
  readonly #rules: ReadonlyMap<string, Writer>;
  #at = 0;

  constructor(body: string, names: ReadonlySet<string>, rules: ReadonlyMap<string, Writer>) {
    this.#body = body;
    this.#names = names;
    this.#rules = rules;
  }

  read(): Writer {
    const writer = this.#choice();
    if (this.#at < this.#body.length) throw new Error(`unexpected ${this.#body.slice(this.#at, this.#at + 40)}`);
    return writer;
  }

  #choice(): Writer {
    const writers = [this.#sequence()];
    while (this.#body[this.#at] === "|") {
      this.#at += 1;
      writers.push(this.#sequence());
    }
    return (random) => writers[Math.floor(random() * writers.length)]!(random);
  }

  #sequence(): Writer {
    const writers: Writer[] = [];
    this.#blank();
    while (!["|", ")", undefined].includes(this.#body[this.#at])) {
      writers.push(this.#repeated(this.#one()));
      this.#blank();
    }
    if (writers.length === 0) throw new Error(`nothing at ${this.#at} of ${this.#body}`);
    return (random) => writers.map((write) => write(random)).join("");
  }

  #blank(): void {
    while (this.#body[this.#at] === " ") this.#at += 1;
  }

  #one(): Writer {
    const first = this.#body[this.#at];
    if (first === '"') {
      const text = this.#text();
      return () => text;
    }
    if (first === "(") {
      this.#at += 1;
      const inner = this.#choice();
      if (this.#body[this.#at] !== ")") throw new Error("a group without an end");
      this.#at += 1;
      return inner;
    }
    const name = /^[a-z][a-z0-9-]*/.exec(this.#body.slice(this.#at))?.[0] ?? "";
    if (!this.#names.has(name)) throw new Error(`no rule is named "${name}" in ${this.#body.slice(this.#at)}`);
    this.#at += name.length;
    return (random) => this.#rules.get(name)!(random);
  }

  #repeated(write: Writer): Writer {
    const [sign = "", min = "0", max = "1"] = /^(?:\?|\{(\d+),(\d+)\})/.exec(this.#body.slice(this.#at)) ?? [];
    if (sign === "") return write;
    this.#at += sign.length;
    if (Number(max) < Math.max(1, Number(min))) throw new Error(`${sign} repeats nothing`);
    return (random) => {
      const count = Number(min) + Math.floor(random() * (Number(max) - Number(min) + 1));
      return Array.from({ length: count }, () => write(random)).join("");
    };
  }

  #text(): string {
    let text = "";
    for (this.#at += 1; this.#body[this.#at] !== '"'; this.#at += 1) {
      const char = this.#body[this.#at];
      if (char === undefined) throw new Error("a literal without an end");
      text += char === "\\" ? this.#escape() : char;
    }
    this.#at += 1;
    return text;
  }

  #escape(): string {
    this.#at += 1;
    const sign = this.#body[this.#at] ?? "";
    const hex = sign === "x" ? /^[0-9a-f]{2}/.exec(this.#body.slice(this.#at + 1))?.[0] : undefined;
    if (hex !== undefined) {
      this.#at += 2;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = ESCAPES[sign];
    if (plain === undefined) throw new Error(`unknown escape \\${sign}`);
    return plain;
  }
}
