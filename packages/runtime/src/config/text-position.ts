/** A place in a text, and how to show it to a reader. */
import { hideSecrets } from "./secret-text.ts";

export interface TextPosition {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** Characters of a long line that are shown around the place. */
const EXCERPT_CHARACTERS_MAX = 100;

export function positionAt(text: string, offset: number): TextPosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}

/** The line with its number, and below it a caret under the column. What looks like a secret is starred. */
export function caretExcerpt(text: string, { line, column }: TextPosition): string {
  const whole = hideSecrets(text.split("\n")[line - 1] ?? "").replaceAll(/\p{Cc}/gu, " ");
  const start = Math.max(0, column - 1 - EXCERPT_CHARACTERS_MAX / 2);
  const shown = whole.slice(start, start + EXCERPT_CHARACTERS_MAX).trimEnd();
  const gutter = `  ${line} | `;
  return `${gutter}${shown}\n${" ".repeat(gutter.length + column - 1 - start)}^`;
}
