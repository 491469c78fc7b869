/** Tokens to text, piece by piece: a token that ends inside a character waits for the rest of it. */
import type { LlamaModel, Token } from "./llama-library.ts";

/** What a character that is not complete decodes to. */
const INCOMPLETE = "\uFFFD";
/** A character has at most four bytes; what is not one after so many tokens never becomes one. */
const TOKENS_HELD_MAX = 4;
/** Tokens before a piece that decide about its spaces. */
const TOKENS_BEFORE = 4;

export class PieceDecoder {
  readonly #model: LlamaModel;
  #held: Token[] = [];
  #before: Token[] = [];

  constructor(model: LlamaModel) {
    this.#model = model;
  }

  /** Empty while a character is incomplete, and for tokens without a text. */
  push(token: Token): string {
    this.#held.push(token);
    const text = this.#model.detokenize(this.#held, false, this.#before);
    if (text.endsWith(INCOMPLETE) && this.#held.length < TOKENS_HELD_MAX) return "";
    this.#before = [...this.#before, ...this.#held].slice(-TOKENS_BEFORE);
    this.#held = [];
    return text;
  }

  flush(): string {
    const text = this.#held.length === 0 ? "" : this.#model.detokenize(this.#held, false, this.#before);
    this.#held = [];
    return text;
  }
}
