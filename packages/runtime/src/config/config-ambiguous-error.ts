/** A folder holds more than one configuration file, and nothing says which is meant. Code AM_CONFIG_AMBIGUOUS. */
import { join } from "node:path";
import { ConfigError } from "./config-error.ts";

export class ConfigAmbiguousError extends ConfigError {
  /** `names`: the files in `directory`, two at least. */
  constructor(directory: string, names: readonly string[]) {
    const files = names.map((name) => join(directory, name));
    super({
      code: "AM_CONFIG_AMBIGUOUS",
      message: `More than one configuration file in ${directory}: ${names.join(", ")}.`,
      hint: `Keep one of them, or say which with: --config ${names[0] ?? "FILE"}`,
      facts: { directory, files },
    });
  }
}
