/** Masks the configured secrets in everything that is stored or shown. */

/** Shorter values would be found by chance in ordinary text. */
export const SECRET_CHARS_MIN = 6;
const MASK = "[secret]";

export class SecretMask {
  readonly #secrets: readonly string[];

  constructor(secrets: Iterable<string>) {
    const escaped = [...secrets]
      .filter((secret) => secret.length >= SECRET_CHARS_MIN)
      .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
    this.#secrets = [...new Set(escaped)].sort((left, right) => right.length - left.length);
  }

  /** The text with every secret replaced. */
  mask(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) if (masked.includes(secret)) masked = masked.replaceAll(secret, MASK);
    return masked;
  }

  /** Whether it holds a secret. */
  finds(text: string): boolean {
    return this.#secrets.some((secret) => text.includes(secret));
  }
}
