/** A configuration file is there and cannot be read as one. Code AM_CONFIG_UNREADABLE. */
import { CONFIG_FILE_EXTENSIONS } from "./config-file-name.ts";
import { ConfigError } from "./config-error.ts";

/** DENIED: the system does not let us (`detail`: its code). NOT_TEXT: not UTF-8. TOO_LARGE: `detail`: the limit. */
export type ConfigUnreadableReason = "denied" | "not-a-file" | "not-text" | "too-large" | "unknown-extension";

const SAYS: Readonly<Record<ConfigUnreadableReason, { readonly message: string; readonly hint: string }>> = {
  denied: { message: "cannot be read", hint: "Look at the rights of the file and of its folder." },
  "not-a-file": { message: "is not a file", hint: "Name the file itself, not its folder." },
  "not-text": { message: "is not UTF-8 text", hint: "Save it as UTF-8." },
  "too-large": { message: "is too large for a configuration", hint: "Look whether it is the right file." },
  "unknown-extension": {
    message: "has a name that does not say what it is",
    hint: `Let it end in ${CONFIG_FILE_EXTENSIONS.join(", ")}.`,
  },
};

export class ConfigUnreadableError extends ConfigError {
  /** `detail`: what the reason leaves open, as the code of a system error. */
  constructor(file: string, reason: ConfigUnreadableReason, detail?: string) {
    const { message, hint } = SAYS[reason];
    super({
      code: "AM_CONFIG_UNREADABLE",
      message: `${file} ${message}${detail === undefined ? "" : ` (${detail})`}.`,
      hint,
      facts: { file, reason, ...(detail === undefined ? {} : { detail }) },
    });
  }
}
