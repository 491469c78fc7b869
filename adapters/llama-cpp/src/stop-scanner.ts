/** Cuts a stream of text before the first stop sequence. Text that may be the beginning of one is held back. */

export class StopScanner {
  readonly #sequences: readonly string[];
  #held = "";
  #isStopped = false;

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences.filter((sequence) => sequence !== "");
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What may be shown now. Nothing after the scanner has stopped. */
  push(text: string): string {
    if (this.#isStopped) return "";
    const all = this.#held + text;
    const found = this.#sequences.map((sequence) => all.indexOf(sequence)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.#isStopped = true;
      this.#held = "";
      return all.slice(0, Math.min(...found));
    }
    const held = this.#longestBeginning(all);
    this.#held = held === 0 ? "" : all.slice(-held);
    return all.slice(0, all.length - held);
  }

  /** What is left when the text ends by itself. */
  flush(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }

  /** Characters at the end of the text with which a stop sequence begins. */
  #longestBeginning(text: string): number {
    const longest = Math.min(text.length, Math.max(0, ...this.#sequences.map(({ length }) => length - 1)));
    for (let length = longest; length > 0; length -= 1) {
      const end = text.slice(-length);
      if (this.#sequences.some((sequence) => sequence.startsWith(end))) return length;
    }
    return 0;
  }
}
