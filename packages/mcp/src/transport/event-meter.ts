/**
 * Measures the events of an event stream (text/event-stream) as its bytes pass by, whatever way they are cut into chunks,
 * and sees when nothing comes any more that could be a message.
 */

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** Of a line so many bytes are looked at: `event: message` has as many. */
const HEAD_BYTES = 14;
/** So many events in a row that are no messages: each costs its reader as much as a message. */
const GARBAGE_EVENTS_MAX = 1_000;

export class EventMeter {
  #eventBytes = 0;
  #isLineEmpty = true;
  #head = "";
  /** Whether the event holds data; only then anybody reads it. */
  #hasData = false;
  #canBeMessage = true;
  #garbageInARow = 0;
  #isGarbled = false;

  /** Whether it has once held too many events in a row that are no messages. */
  get isGarbled(): boolean {
    return this.#isGarbled;
  }

  /** The size in bytes of the largest event, or beginning of one, that this chunk holds a part of. */
  measure(chunk: Uint8Array): number {
    let largest = 0;
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      largest = Math.max(largest, this.#extend(chunk.subarray(start, end)));
      if (this.#isLineEmpty) this.#endEvent();
      else this.#endLine();
      start = end + 1;
    }
    return Math.max(largest, this.#extend(chunk.subarray(start)));
  }

  #extend(part: Uint8Array): number {
    this.#eventBytes += part.length;
    if (part.length > 1 || (part.length === 1 && part[0] !== CARRIAGE_RETURN)) this.#isLineEmpty = false;
    const wanted = HEAD_BYTES - this.#head.length;
    if (wanted > 0 && part.length > 0) this.#head += String.fromCharCode(...part.subarray(0, wanted));
    return this.#eventBytes;
  }

  #endLine(): void {
    const head = this.#head;
    // Events of other names are nobody's: servers keep connections alive with them.
    if (head.startsWith("event:")) this.#canBeMessage &&= /^event: ?message?/.test(head);
    if (head.startsWith("data:") && !this.#hasData) {
      this.#hasData = true;
      if (/^data:\s*[^\s{]/.test(head)) this.#garbageInARow += this.#canBeMessage ? 1 : 0;
      else this.#garbageInARow = 0;
    }
    if (this.#garbageInARow > GARBAGE_EVENTS_MAX) this.#isGarbled = true;
    this.#head = "";
    this.#isLineEmpty = true;
  }

  #endEvent(): void {
    this.#eventBytes = 0;
    this.#head = "";
    this.#hasData = false;
    this.#canBeMessage = true;
  }
}
