/** A configuration file is not the YAML or JSON that its name says. Code AM_CONFIG_SYNTAX. */
import { ConfigError } from "./config-error.ts";
import { hideSecrets } from "./secret-text.ts";
import { caretExcerpt, type TextPosition } from "./text-position.ts";

export interface ConfigSyntaxFault {
  /** Absolute path. */
  readonly file: string;
  /** The whole text of the file. */
  readonly text: string;
  readonly position: TextPosition;
  /** What is wrong, without the place. */
  readonly message: string;
  readonly hint?: string;
}

export class ConfigSyntaxError extends ConfigError {
  readonly position: TextPosition;

  constructor({ file, text, position, message, hint }: ConfigSyntaxFault) {
    const { line, column } = position;
    const kind = file.endsWith(".json") ? "JSON" : "YAML";
    super({
      code: "AM_CONFIG_SYNTAX",
      message: `${file}:${line}:${column} is not valid ${kind}: ${hideSecrets(message)}\n${caretExcerpt(text, position)}`,
      hint: hint ?? "Correct the line that the caret points at.",
      facts: { file, line, column, problem: hideSecrets(message) },
    });
    this.position = position;
  }
}
