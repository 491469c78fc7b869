/**
 * Pictures, sounds and files come from tools as base64. It says nothing to a language model and would fill its context, so a
 * prompt tells of it in a few words; the value itself stays as it is.
 */

/** Shorter ones are keys, hashes and links. */
const RUN = /[\w+/-]{1024,}={0,2}/g;
/** Of encoded bytes, also short ones have all three; DNA and rows of dashes have not. */
const KINDS = [/[a-z]/, /[A-Z]/, /\d/];

/** The text with a mark in place of each long run of base64. */
export function withoutMedia(text: string): string {
  return text.replaceAll(RUN, (run) =>
    KINDS.every((kind) => kind.test(run)) ? `[${Math.floor((run.length * 3) / 4)} bytes of data, not shown]` : run,
  );
}
