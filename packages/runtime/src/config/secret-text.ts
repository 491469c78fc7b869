/** What gives a secret away in a text whose values are not parsed yet, or never will be: its name, or its looks. */

/** Names of settings, headers, flags and environment variables whose values are nobody's business. */
const SECRET_NAME =
  /(api|access|private|secret|auth)[_-]?key|token|secret|passw|passphrase|credential|bearer|authorization|cookie/i;
/** A number of tokens is no secret: `maxOutputTokens`. */
const COUNT_NAME = /^tokens$|[a-z]Tokens(Max)?$/;

export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !COUNT_NAME.test(name);
}

/** `name: value`, `"name": "value"`, `--name=value`; the value ends where its quotes or its list may. */
const NAMED_VALUE = /(?<start>(?<name>[A-Za-z][\w-]*)["']?\s*[:=]\s*["']?)(?<value>[^"',{}[\]\s][^"',}\]\n]*)/g;
/** Long words of mixed letters and digits: keys look so, words and package names do not. */
const SECRET_LOOKS = /\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20,}/g;

/** The same text, as long as before, with stars for what may be a secret. */
export function hideSecrets(text: string): string {
  const named = text.replaceAll(NAMED_VALUE, (...match: readonly unknown[]) => {
    const { start = "", name = "", value = "" } = match.at(-1) as Readonly<Record<string, string>>;
    const isReference = value.startsWith("${");
    return start + (isSecretName(name) && !isReference ? "*".repeat(value.length) : value);
  });
  return named.replaceAll(SECRET_LOOKS, (word) => "*".repeat(word.length));
}
