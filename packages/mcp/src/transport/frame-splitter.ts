/**
 * Cuts the bytes of a stdio server into frames (lines), in bounded memory. A frame over the limit is thrown away while
 * it arrives; only its two ends are kept, where the id of the call stands that it would have answered.
 */

/** Bytes kept of each end of an oversized frame. */
const END_BYTES = 256;
const LINE_FEED = 10;

export interface OversizedFrame {
  readonly bytes: number;
  readonly head: string;
  readonly tail: string;
}

export interface FrameHandlers {
  /** One line, without its line feed. `bytes`: its length in UTF-8. */
  readonly onFrame: (text: string, bytes: number) => void;
  readonly onOversized: (frame: OversizedFrame) => void;
}

export class FrameSplitter {
  readonly #bytesMax: number;
  readonly #handlers: FrameHandlers;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #head: Buffer | undefined;
  #tail: Buffer = Buffer.alloc(0);

  constructor(bytesMax: number, handlers: FrameHandlers) {
    this.#bytesMax = bytesMax;
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#extend(chunk.subarray(start, end));
      this.#finish();
      start = end + 1;
    }
    if (start < chunk.length) this.#extend(chunk.subarray(start));
  }

  #extend(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes <= this.#bytesMax) {
      this.#chunks.push(part);
      return;
    }
    const all = Buffer.concat([...this.#chunks, part]);
    this.#head ??= Buffer.from(all.subarray(0, END_BYTES));
    this.#tail = Buffer.from(Buffer.concat([this.#tail, all.subarray(-END_BYTES)]).subarray(-END_BYTES));
    this.#chunks = [];
  }

  #finish(): void {
    const { onFrame, onOversized } = this.#handlers;
    const bytes = this.#bytes;
    const head = this.#head;
    const [only] = this.#chunks;
    const whole = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    const text = whole.toString("utf8");
    const tail = this.#tail.toString("utf8");
    this.#chunks = [];
    this.#bytes = 0;
    this.#head = undefined;
    this.#tail = Buffer.alloc(0);
    if (head === undefined) onFrame(text, bytes);
    else onOversized({ bytes, head: head.toString("utf8"), tail });
  }
}
