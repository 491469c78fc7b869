/** A word as it can be typed into a shell: names come from plans, and a plan must not put commands into a terminal. */
import { plainLine } from "./plain-text.ts";

const SAFE = /^[\w.,:/-]+$/;

export function shellWord(text: string): string {
  const plain = plainLine(text);
  return SAFE.test(plain) ? plain : `'${plain.replaceAll("'", String.raw`'\''`)}'`;
}
