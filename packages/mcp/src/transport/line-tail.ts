/** The last lines of a stream of text, in bounded memory: what a server wrote to its standard error before it died. */
import { StringDecoder } from "node:string_decoder";
import { cleanText } from "../tool/clean-text.ts";

const LINES_MAX = 40;
/** Longer lines are cut. */
const LINE_CHARS_MAX = 500;
/** A line under construction keeps no more than this. */
const PARTIAL_CHARS_MAX = 4_096;

export class LineTail {
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines: string[] = [];
  #partial = "";

  push(chunk: Uint8Array): void {
    const parts = `${this.#partial}${this.#decoder.write(chunk)}`.split("\n");
    this.#partial = (parts.pop() ?? "").slice(0, PARTIAL_CHARS_MAX);
    for (const line of parts.slice(-LINES_MAX)) this.#keep(line);
  }

  /** Oldest first, cleaned; the unfinished last line included. */
  lines(): readonly string[] {
    const last = cleanText(this.#partial, LINE_CHARS_MAX);
    return last === "" ? [...this.#lines] : [...this.#lines, last].slice(-LINES_MAX);
  }

  #keep(line: string): void {
    const clean = cleanText(line, LINE_CHARS_MAX);
    if (clean === "") return;
    this.#lines.push(clean);
    if (this.#lines.length > LINES_MAX) this.#lines.shift();
  }
}
