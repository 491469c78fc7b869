/** Measures the events of an event stream (text/event-stream) as its bytes pass by, whatever way they are cut into chunks. */

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

export class EventMeter {
  #eventBytes = 0;
  #isLineEmpty = true;

  /** The size in bytes of the largest event, or beginning of one, that this chunk holds a part of. */
  measure(chunk: Uint8Array): number {
    let largest = 0;
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      largest = Math.max(largest, this.#extend(chunk.subarray(start, end)));
      if (this.#isLineEmpty) this.#eventBytes = 0;
      this.#isLineEmpty = true;
      start = end + 1;
    }
    return Math.max(largest, this.#extend(chunk.subarray(start)));
  }

  #extend(part: Uint8Array): number {
    this.#eventBytes += part.length;
    if (part.length > 1 || (part.length === 1 && part[0] !== CARRIAGE_RETURN)) this.#isLineEmpty = false;
    return this.#eventBytes;
  }
}
