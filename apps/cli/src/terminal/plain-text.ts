/**
 * Text of tools, models and servers, made safe for a terminal: it can say things, but not drive the screen, hide or
 * reorder what is read. The only function for this, and every line on its way out passes through it.
 */
import { stripVTControlCharacters } from "node:util";

const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029\v\f]/g;
/** Controls, format characters (bidirectional, zero-width, tags) and private use; not the two joiners that scripts and emoji need. */
const UNSEEN = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Co}]/gu;

/** Keeps line feeds and tabs. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text.toWellFormed()).replace(LINE_ENDS, "\n").replace(UNSEEN, "");
}

/** The same on one line: white space in place of line feeds and tabs. */
export function plainLine(text: string): string {
  return plainText(text).replace(/[\n\t]+/g, " ");
}
