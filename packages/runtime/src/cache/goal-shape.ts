/**
 * The form of a goal under which its plan is kept. Only what cannot change the meaning is left out: white space between words,
 * and the sign that ends a sentence. Capitals stay (names of files), and so does every sign within quotes.
 */

/** Quotes of any kind: white space may be meant. An apostrophe within a word is none. */
const QUOTED = /["`“”„«»‘]|(?<!\p{L})'/u;

export function goalShape(goal: string): string {
  const trimmed = goal.normalize("NFC").trim();
  const spaced = QUOTED.test(trimmed) ? trimmed : trimmed.replaceAll(/\s+/g, " ");
  return spaced.replace(/(?<=[\p{L}\p{N}])[.!?]+$/u, "");
}
