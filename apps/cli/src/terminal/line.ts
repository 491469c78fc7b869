/** One line for people, made of parts. Each part is cleaned before it is styled: text from outside cannot bring its own escapes. */
import { styleText } from "node:util";
import { plainLine } from "./plain-text.ts";
import { cutToWidth, textWidth } from "./text-width.ts";

export type Style = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";
export type LinePart = string | { readonly style: Style; readonly text: string };
export type Line = readonly LinePart[];

export interface LineOptions {
  /** Absent: without styles. Node decides by the stream and NO_COLOR, FORCE_COLOR and the like whether they are used. */
  readonly stream?: NodeJS.WriteStream;
  /** Cut to this width; absent: whole. */
  readonly columns?: number | undefined;
}

export function renderLine(line: Line, { stream, columns = Number.POSITIVE_INFINITY }: LineOptions): string {
  let left = columns;
  let text = "";
  for (const part of line) {
    const plain = cutToWidth(plainLine(typeof part === "string" ? part : part.text), left);
    left -= textWidth(plain);
    text += typeof part === "string" || stream === undefined ? plain : styleText(part.style, plain, { stream });
    if (left <= 0) break;
  }
  return text;
}
