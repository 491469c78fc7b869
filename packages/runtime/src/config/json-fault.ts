/** Finds where a text stops being JSON, and says it in words for people: the engine's own message names no place. */

export interface JsonFault {
  /** In UTF-16 units from the start of the text. */
  readonly offset: number;
  readonly message: string;
}

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const WORD = /true|false|null/y;
const SPACE = /[ \t\n\r]*/y;

/** The first fault; undefined when the text is JSON. Nesting is not recursion: any depth will do. */
export function findJsonFault(text: string): JsonFault | undefined {
  return new JsonReader(text).read();
}

type Expected = "value" | "first-item" | "first-key" | "key" | "next";

class JsonReader {
  readonly #text: string;
  #offset = 0;
  /** The brackets that are open. */
  readonly #open: ("{" | "[")[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): JsonFault | undefined {
    let expected: Expected | undefined = "value";
    while (expected !== undefined) {
      this.#take(SPACE);
      const step: Expected | JsonFault | undefined = this.#step(expected);
      if (typeof step === "object") return step;
      expected = step;
    }
    return undefined;
  }

  /** Reads one token; returns what may follow, nothing at the end of the text. */
  #step(expected: Expected): Expected | JsonFault | undefined {
    switch (expected) {
      case "value":
        return this.#value();
      case "first-item":
        return this.#text[this.#offset] === "]" ? this.#close() : this.#value();
      case "first-key":
        return this.#text[this.#offset] === "}" ? this.#close() : this.#key();
      case "key":
        return this.#key();
      case "next":
        return this.#next();
    }
  }

  #value(): Expected | JsonFault {
    const character = this.#text[this.#offset];
    if (character === "{" || character === "[") {
      this.#open.push(character);
      this.#offset++;
      return character === "{" ? "first-key" : "first-item";
    }
    if (this.#take(STRING) || this.#take(NUMBER) || this.#take(WORD)) return "next";
    return this.#fault("A value is missing here.");
  }

  #key(): Expected | JsonFault {
    if (!this.#take(STRING)) return this.#fault("A key in double quotes is missing here.");
    this.#take(SPACE);
    const follower = this.#text[this.#offset];
    if (follower === '"') return { offset: this.#offset, message: "A colon is missing before this." };
    if (follower !== ":") return this.#fault("A colon is missing after the key.");
    this.#offset++;
    return "value";
  }

  #next(): Expected | JsonFault | undefined {
    const open = this.#open.at(-1);
    const character = this.#text[this.#offset];
    if (open === undefined)
      return character === undefined ? undefined : this.#fault("Nothing may follow the end of the document.");
    if (character === (open === "{" ? "}" : "]")) return this.#close();
    if (character === '"') return { offset: this.#offset, message: "A comma is missing before this." };
    if (character !== ",") return this.#fault(`A comma or "${open === "{" ? "}" : "]"}" is missing here.`);
    this.#offset++;
    return open === "{" ? "key" : "value";
  }

  #close(): Expected {
    this.#open.pop();
    this.#offset++;
    return "next";
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text);
    if (found === null) return false;
    this.#offset += found[0].length;
    return true;
  }

  /** The special cases are the ways in which people write JSON that is none. */
  #fault(expected: string): JsonFault {
    const rest = this.#text.slice(this.#offset, this.#offset + 2);
    return { offset: this.#offset, message: this.#habit(rest) ?? expected };
  }

  #habit(rest: string): string | undefined {
    if (rest === "") return "The text ends too early: something is left open.";
    if (rest.startsWith("//") || rest.startsWith("/*") || rest.startsWith("#")) return "JSON has no comments.";
    if (rest.startsWith("'")) return "JSON has double quotes only.";
    if (rest.startsWith('"')) return "This text does not end on its line, or holds a backslash that means nothing.";
    const isAfterComma = this.#text.slice(0, this.#offset).trimEnd().endsWith(",");
    return /^[}\]]/.test(rest) && isAfterComma ? "A comma may not stand before a closing bracket." : undefined;
  }
}
