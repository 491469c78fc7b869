/**
 * What one append adds to a run's journal, as it is stored: a line for each event, `TYPE OFFSET SUM BODY`. The offset is in
 * milliseconds from the time of the entry, that of the last event of the append; numbers follow from that of the first. A line is
 * read without the others, so that of what is damaged only what is damaged is lost.
 */
import type { ChainedEvent } from "../event-chain.ts";

export interface JournalEntry {
  /** Of its first event. */
  readonly seq: number;
  /** Of the last event of the same append. */
  readonly atMs: number;
  /** Lines. */
  readonly body: string;
}

/** Neither the name of a type nor JSON text has a line break in it. `atMs`: the time of the entry. */
export function entryLine(event: ChainedEvent, atMs: number): string {
  return `${event.type} ${event.atMs - atMs} ${event.sum} ${event.body}`;
}

/** In order. A line that cannot be read is an event of a type that there is not. */
export function entryEvents({ seq, atMs, body }: JournalEntry): readonly ChainedEvent[] {
  return body.split("\n").map((line, index) => {
    const [offsetAt, sumAt, bodyAt] = fieldsOf(line);
    if (bodyAt === 0) return { seq: seq + index, type: "unknown", atMs, body: line, sum: 0 };
    return {
      seq: seq + index,
      type: line.slice(0, offsetAt - 1),
      atMs: atMs + Number(line.slice(offsetAt, sumAt - 1)),
      sum: Number(line.slice(sumAt, bodyAt - 1)) >>> 0,
      body: line.slice(bodyAt),
    };
  });
}

/** Where its second, third and fourth field begin; 0 for one that is not there. */
function fieldsOf(line: string): readonly [number, number, number] {
  const offsetAt = line.indexOf(" ") + 1;
  const sumAt = offsetAt === 0 ? 0 : line.indexOf(" ", offsetAt) + 1;
  return [offsetAt, sumAt, sumAt === 0 ? 0 : line.indexOf(" ", sumAt) + 1];
}
