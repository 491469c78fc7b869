/** A configuration written as a program could not be run, or gave no configuration. Code AM_CONFIG_MODULE. */
import { ConfigError } from "./config-error.ts";
import { hideSecrets } from "./secret-text.ts";

/** Characters of a foreign message that ours quotes. */
const QUOTE_CHARACTERS_MAX = 500;

export class ConfigModuleError extends ConfigError {
  /** `problem`: what happened, as the end of a sentence about the file. `cause`: what its code threw. */
  constructor(file: string, problem: string, cause?: unknown) {
    const words = cause instanceof Error ? cause.message : typeof cause === "string" ? cause : "";
    const quoted = hideSecrets(words.trim()).slice(0, QUOTE_CHARACTERS_MAX);
    super({
      code: "AM_CONFIG_MODULE",
      message: `${file} ${problem}${quoted === "" ? "." : `: ${quoted}`}`,
      hint: "Let it export the configuration, or a function that returns it, as its default: export default { ... }",
      facts: { file },
      cause,
    });
  }
}
