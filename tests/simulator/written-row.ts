/** An event as the store wrote it: a line of an entry, `TYPE OFFSET SUM BODY`. */

export interface WrittenRow {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  readonly body: string;
  readonly sum: number;
}

/** The columns of an entry. */
export interface WrittenEntry {
  readonly seq: number;
  readonly atMs: number;
  readonly body: string;
}

export function writtenRows({ seq, atMs, body }: WrittenEntry): readonly WrittenRow[] {
  return body.split("\n").map((line, index) => {
    const [type = "", offset, sum] = line.split(" ", 3);
    return {
      seq: seq + index,
      type,
      atMs: atMs + Number(offset),
      body: line.slice(line.indexOf("{")),
      sum: Number(sum),
    };
  });
}
