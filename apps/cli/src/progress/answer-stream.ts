/** Writes an answer to a terminal while it comes, piece by piece. */
import { plainText } from "../terminal/plain-text.ts";

export class AnswerStream {
  readonly #stream: NodeJS.WriteStream;
  /** Half of a character whose other half is in the next piece. */
  #half = "";
  #last = "\n";
  hasBegun = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  write(delta: string): void {
    this.hasBegun = true;
    const text = this.#half + delta;
    const isCut = /[\ud800-\udbff]$/.test(text);
    this.#half = isCut ? text.slice(-1) : "";
    this.#put(plainText(isCut ? text.slice(0, -1) : text));
  }

  end(): void {
    this.#put(plainText(this.#half));
    this.#half = "";
    if (this.#last !== "\n") this.#put("\n");
  }

  #put(text: string): void {
    if (text === "") return;
    this.#last = text.at(-1) ?? this.#last;
    this.#stream.write(text);
  }
}
