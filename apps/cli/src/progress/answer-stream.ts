/** Writes an answer to a terminal while it comes, piece by piece. */
import { plainText } from "../terminal/plain-text.ts";

const ESCAPE = "\u001b";
/** After an escape: the beginning of a sequence whose end is still to come. */
const SEQUENCE_BEGINNING = /^(?:\[[\d;?]*)?$/;
const FIRST_HALF = /[\ud800-\udbff]$/;

export class AnswerStream {
  hasBegun = false;
  readonly #stream: Pick<NodeJS.WriteStream, "write">;
  /** The end of the last piece, when it is only the beginning of something. */
  #held = "";
  #last = "\n";

  constructor(stream: Pick<NodeJS.WriteStream, "write">) {
    this.#stream = stream;
  }

  write(delta: string): void {
    this.hasBegun = true;
    const text = this.#held + delta;
    const end = wholeLength(text);
    this.#held = text.slice(end);
    this.#put(plainText(text.slice(0, end)));
  }

  /** Writes what was held back, and ends the line. */
  end(): void {
    this.#put(plainText(this.#held));
    this.#held = "";
    if (this.#last !== "\n") this.#put("\n");
  }

  #put(text: string): void {
    if (text === "") return;
    this.#last = text.at(-1) ?? this.#last;
    this.#stream.write(text);
  }
}

/** Without half a character or half an escape sequence at the end. */
function wholeLength(text: string): number {
  const escape = text.lastIndexOf(ESCAPE);
  if (escape !== -1 && SEQUENCE_BEGINNING.test(text.slice(escape + 1))) return escape;
  return FIRST_HALF.test(text) || text.endsWith("\r") ? text.length - 1 : text.length;
}
