/**
 * Cuts the bytes of a stdio server into frames (lines), in bounded memory. A frame over the limit is thrown away while
 * it arrives; only its two ends are kept, where the id of the call stands that it would have answered.
 */

/** Of a frame over the limit so many more bytes are thrown away; who writes on is not read to the end. */
const SURPLUS_BYTES_MAX = 32 * 1024 * 1024;
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
  /** A frame that seems to have no end, told once; nothing is read any more. */
  readonly onEndless: (frame: OversizedFrame) => void;
}

export class FrameSplitter {
  readonly #bytesMax: number;
  readonly #handlers: FrameHandlers;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #head: Buffer | undefined;
  #tail: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(bytesMax: number, handlers: FrameHandlers) {
    this.#bytesMax = bytesMax;
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    if (this.#isOver) return;
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
    // Not all of it is put together, only its ends.
    this.#head ??= Buffer.from(Buffer.concat([...this.#chunks, part], Math.min(END_BYTES, this.#bytes)));
    const last = this.#chunks.splice(0).concat(part);
    for (const each of last.slice(-END_BYTES)) this.#tail = endOf(this.#tail, each);
    if (this.#bytes <= this.#bytesMax + SURPLUS_BYTES_MAX) return;
    this.#isOver = true;
    this.#handlers.onEndless(this.#oversized(this.#head));
  }

  #oversized(head: Buffer): OversizedFrame {
    return { bytes: this.#bytes, head: head.toString("utf8"), tail: this.#tail.toString("utf8") };
  }

  #finish(): void {
    if (this.#isOver) return;
    const { onFrame, onOversized } = this.#handlers;
    const bytes = this.#bytes;
    const oversized = this.#head === undefined ? undefined : this.#oversized(this.#head);
    const [only] = this.#chunks;
    const whole = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#bytes = 0;
    this.#head = undefined;
    this.#tail = Buffer.alloc(0);
    if (oversized === undefined) onFrame(whole.toString("utf8"), bytes);
    else onOversized(oversized);
  }
}

/** The last bytes of two parts, in a buffer of their own: a part would keep the whole chunk that it is of. */
function endOf(before: Buffer, part: Buffer): Buffer {
  if (part.length >= END_BYTES) return Buffer.from(part.subarray(-END_BYTES));
  return Buffer.concat([before.subarray(part.length - END_BYTES), part]);
}
