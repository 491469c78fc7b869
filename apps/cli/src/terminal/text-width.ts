/** How many columns text takes in a terminal: near enough that a line cut to a width never wraps. */

const COMBINING = /^[\p{M}\u200c\u200d]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** From here on (Hangul, ideographs) characters are wide, or rare enough to be taken for wide. */
const WIDE_FROM = 0x11_00;
const NARROW_SYMBOLS = { from: 0x1e_00, to: 0x2e_7f } as const;
const CUT_MARK = "…";

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The beginning of one line of text, at most `columns` wide; what is cut is marked. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let width = 0;
  let kept = "";
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns < 1 ? "" : `${kept}${CUT_MARK}`;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x3_00) return 1;
  if (COMBINING.test(character)) return 0;
  if (EMOJI.test(character)) return 2;
  if (code >= NARROW_SYMBOLS.from && code <= NARROW_SYMBOLS.to) return 1;
  return code < WIDE_FROM ? 1 : 2;
}
