/** A few lines at the bottom of a terminal that are drawn again and again; what is printed above them scrolls up and stays. */

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_BELOW = "\u001b[0J";

export class LiveBlock {
  readonly #stream: NodeJS.WriteStream;
  readonly #restore = (): void => this.close();
  #height = 0;
  #isOpen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** How many lines it may have: never so many that its beginning leaves the screen. */
  get linesMax(): number {
    return Math.max(1, Math.min(12, (this.#stream.rows || 24) - 4));
  }

  /** Each line must fit into `columns`. `above`: finished lines, printed once. */
  draw(lines: readonly string[], above: readonly string[] = []): void {
    this.#open();
    const text = [...above, ...lines].map((line) => `${line}\n`).join("");
    this.#stream.write(this.#erasure() + text);
    this.#height = lines.length;
  }

  /** Takes the block away and gives the cursor back; drawing opens it again. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    process.off("exit", this.#restore);
    this.#stream.write(this.#erasure() + SHOW_CURSOR);
    this.#height = 0;
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    process.on("exit", this.#restore);
    this.#stream.write(HIDE_CURSOR);
  }

  #erasure(): string {
    const up = this.#height > 0 ? `\u001b[${this.#height}A` : "";
    return `\r${up}${CLEAR_BELOW}`;
  }
}
