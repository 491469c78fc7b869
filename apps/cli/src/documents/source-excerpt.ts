/** The line of a text that a finding is about, and the marks to print below it. */
import { textWidth } from "../terminal/text-width.ts";
import type { TextSpan } from "./json-text.ts";

/** Of a line that is longer, so much around the place is shown, in UTF-16 units. */
const SOURCE_CHARS_MAX = 100;
const LEAD_CHARS = 30;

export interface SourceExcerpt {
  readonly source: string;
  /** Spaces and carets, to stand below `source`. */
  readonly caret: string;
}

export function sourceExcerpt(text: string, { start, end }: TextSpan): SourceExcerpt {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const nextLine = text.indexOf("\n", start);
  const lineEnd = nextLine === -1 ? text.length : nextLine;
  const isLong = lineEnd - lineStart > SOURCE_CHARS_MAX;
  const from = isLong ? Math.max(lineStart, start - LEAD_CHARS) : lineStart;
  const to = isLong ? Math.min(lineEnd, from + SOURCE_CHARS_MAX) : lineEnd;
  const source = text.slice(from, to).replaceAll("\t", " ").trimEnd();
  const lead = textWidth(text.slice(from, start));
  const marked = textWidth(text.slice(start, Math.max(start + 1, Math.min(end, to))));
  return { source, caret: " ".repeat(lead) + "^".repeat(Math.max(1, marked)) };
}
