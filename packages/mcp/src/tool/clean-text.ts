/**
 * Makes text of strangers safe to show and to store: servers write descriptions, errors and progress, and may hide
 * instructions in characters that nobody sees, or drive the reader's terminal.
 */
import { stripVTControlCharacters } from "node:util";

/** Controls, format characters (zero-width, bidi, tags), private use and variation selectors: everything that does not print. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/gu;
const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029]/g;
const CUT_MARK = "…";

/** The text without anything invisible except line feeds and tabs, at most `charsMax` UTF-16 units long. */
export function cleanText(text: string, charsMax: number): string {
  // Cut before cleaning as well, so that a huge text costs no more than what is kept.
  const head = text.length > charsMax * 2 ? text.slice(0, charsMax * 2) : text;
  const seen = stripVTControlCharacters(head.toWellFormed())
    .replace(LINE_ENDS, "\n")
    .replace(UNSEEN, (character) => (character === "\n" || character === "\t" ? character : ""))
    .trim();
  const isCut = head.length < text.length || seen.length > charsMax;
  return isCut ? `${seen.slice(0, charsMax - 1).toWellFormed()}${CUT_MARK}` : seen;
}

/** Whether a name holds only characters that a reader sees, so that it can be shown verbatim. */
export function isPlainName(name: string): boolean {
  return name.isWellFormed() && name.search(UNSEEN) === -1 && name.trim() === name && name !== "";
}
