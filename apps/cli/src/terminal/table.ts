/** Rows in columns, each as wide as its widest cell. */
import type { Line, LinePart } from "./line.ts";
import { plainLine } from "./plain-text.ts";
import { textWidth } from "./text-width.ts";

export type Row = readonly LinePart[];

export function tableLines(rows: readonly Row[]): readonly Line[] {
  const cells = rows.map((row) => row.map((part) => plainLine(textOf(part))));
  const columns = Math.max(0, ...cells.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...cells.map((row) => textWidth(row[column] ?? ""))),
  );
  return rows.map((row) =>
    row.flatMap((part, column) => {
      const isLast = column === row.length - 1;
      return isLast ? [part] : [part, " ".repeat((widths[column] ?? 0) - textWidth(plainLine(textOf(part))) + 2)];
    }),
  );
}

function textOf(part: LinePart): string {
  return typeof part === "string" ? part : part.text;
}
