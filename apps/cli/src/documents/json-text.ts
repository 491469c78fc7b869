/**
 * JSON text with its places: where it breaks, and where the value behind a JSON Pointer stands, so that a finding can
 * name line and column. Reads strictly what JSON.parse reads.
 */
export interface TextSpan {
  /** Offsets in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

export interface TextPosition {
  /** Both from 1; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

const SPACE = /[\t\n\r ]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/y;
/** Deeper values are not looked into: nothing that is worth a place is there. */
const DEPTH_MAX = 500;

/** The span of the value behind a pointer; of what is nearest above it when it does not exist. */
export function spanOf(text: string, pointer: string): TextSpan {
  const wanted = pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const scan = new JsonScan(text, wanted);
  scan.document();
  return scan.found;
}

/** The offset of the first character that JSON does not allow; undefined when the text is JSON. */
export function faultOf(text: string): number | undefined {
  const scan = new JsonScan(text, []);
  scan.document();
  return scan.fault;
}

export function positionOf(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

class JsonScan {
  found: TextSpan = { start: 0, end: 0 };
  fault: number | undefined;
  readonly #text: string;
  readonly #wanted: readonly string[];
  #offset = 0;

  constructor(text: string, wanted: readonly string[]) {
    this.#text = text;
    this.#wanted = wanted;
  }

  document(): void {
    this.#value(0, 0);
    this.#match(SPACE);
    if (this.fault === undefined && this.#offset < this.#text.length) this.fault = this.#offset;
  }

  /** `matched`: how many parts of the pointer led here; -1 when it leads elsewhere. */
  #value(depth: number, matched: number): void {
    this.#match(SPACE);
    const start = this.#offset;
    const opening = this.#text[start];
    if (depth > DEPTH_MAX) this.#fail();
    else if (opening === "{") this.#members(depth, matched);
    else if (opening === "[") this.#elements(depth, matched);
    else if (!this.#match(opening === '"' ? STRING : SCALAR)) this.#fail();
    const isNearer = matched === this.#wanted.length || (matched >= 0 && this.found.end === 0);
    if (isNearer) this.found = { start, end: this.#offset };
  }

  #members(depth: number, matched: number): void {
    this.#offset++;
    if (this.#closes("}")) return;
    do {
      this.#match(SPACE);
      const start = this.#offset;
      if (!this.#match(STRING)) return this.#fail();
      const key = matched < 0 ? "" : (JSON.parse(this.#text.slice(start, this.#offset)) as string);
      this.#match(SPACE);
      if (!this.#eat(":")) return this.#fail();
      this.#value(depth + 1, this.#follow(key, matched));
    } while (this.fault === undefined && this.#continues());
    if (this.fault === undefined && !this.#closes("}")) this.#fail();
  }

  #elements(depth: number, matched: number): void {
    this.#offset++;
    if (this.#closes("]")) return;
    let index = 0;
    do this.#value(depth + 1, this.#follow(String(index++), matched));
    while (this.fault === undefined && this.#continues());
    if (this.fault === undefined && !this.#closes("]")) this.#fail();
  }

  #follow(key: string, matched: number): number {
    return matched >= 0 && this.#wanted[matched] === key ? matched + 1 : -1;
  }

  #continues(): boolean {
    this.#match(SPACE);
    return this.#eat(",");
  }

  #closes(bracket: string): boolean {
    this.#match(SPACE);
    return this.#eat(bracket);
  }

  #eat(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #match(pattern: RegExp): boolean {
    pattern.lastIndex = this.#offset;
    if (!pattern.test(this.#text)) return false;
    this.#offset = pattern.lastIndex;
    return true;
  }

  #fail(): void {
    this.fault ??= this.#offset;
  }
}
