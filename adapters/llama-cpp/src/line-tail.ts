/** The last lines of a stream of text, in bounded memory: what a process said before it ended. */
import { StringDecoder } from "node:string_decoder";

const LINES_MAX = 20;
/** Longer lines are cut. */
const LINE_CHARACTERS_MAX = 300;

export class LineTail {
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines: string[] = [];
  #open = "";

  push(chunk: Uint8Array): void {
    const parts = `${this.#open}${this.#decoder.write(chunk)}`.split(/\r?\n/);
    this.#open = (parts.pop() ?? "").slice(0, LINE_CHARACTERS_MAX);
    this.#lines.push(...parts.filter((line) => line.trim() !== "").map((line) => line.slice(0, LINE_CHARACTERS_MAX)));
    this.#lines.splice(0, this.#lines.length - LINES_MAX);
  }

  /** Oldest first; an unfinished last line included. */
  lines(): readonly string[] {
    return this.#open.trim() === "" ? [...this.#lines] : [...this.#lines, this.#open].slice(-LINES_MAX);
  }
}
