/** Where a model is asked, as far as messages to people need it. Made once per model, from its configuration. */

export interface ModelEndpoint {
  /** For people: "OpenAI", "llama-server". */
  readonly provider: string;
  readonly model: string;
  /** Without credentials and query. */
  readonly baseUrl: string;
  /** The environment variable that its key comes from; absent when it takes none. */
  readonly keyVariable?: string;
  /** What to do when it does not know the model. */
  readonly unknownModelHint?: string;
  /** Never to be shown, wherever they turn up: some servers repeat the key that they refuse. */
  readonly secrets: readonly string[];
}

/** "Ollama at 127.0.0.1:11434" */
export function describeEndpoint(endpoint: ModelEndpoint): string {
  return `${endpoint.provider} at ${new URL(endpoint.baseUrl).host}`;
}

/** Characters of a foreign message that ours quotes. */
const QUOTE_CHARACTERS_MAX = 300;
/** A secret shorter than this is a placeholder ("none"), and would blank out ordinary words. */
const SECRET_CHARACTERS_MIN = 6;

/** Foreign words on one line, without secrets and control characters, bounded. */
export function quote(text: string, endpoint: ModelEndpoint): string {
  let clean = text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  for (const secret of endpoint.secrets) {
    if (secret.length >= SECRET_CHARACTERS_MIN) clean = clean.replaceAll(secret, "***");
  }
  return clean.length <= QUOTE_CHARACTERS_MAX ? clean : `${clean.slice(0, QUOTE_CHARACTERS_MAX)}...`;
}
