/** The configuration names environment variables that are not set. Code AM_CONFIG_VARIABLE_MISSING. */
import { jsonPointer } from "@agentmesh/core";
import { ConfigError } from "./config-error.ts";
import type { ConfigFileOrigin } from "./config-origin.ts";
import { type ConfigPath, describePath } from "./config-path.ts";

export interface MissingVariable {
  readonly variable: string;
  readonly path: ConfigPath;
  readonly origin: ConfigFileOrigin;
}

export class ConfigVariableMissingError extends ConfigError {
  readonly missing: readonly MissingVariable[];

  /** `missing`: one at least. */
  constructor(file: string, missing: readonly MissingVariable[]) {
    const names = [...new Set(missing.map(({ variable }) => variable))];
    const [first = ""] = names;
    const subject = names.length === 1 ? "an environment variable that is" : "environment variables that are";
    super({
      code: "AM_CONFIG_VARIABLE_MISSING",
      message: `${file} names ${subject} not set:\n${missing.map(describe).join("\n")}`,
      hint: `Set ${names.join(", ")}, or give a default in the file: \${${first}:-default}`,
      facts: {
        file,
        missing: missing.map(({ variable, path, origin }) => ({
          variable,
          path: jsonPointer(path),
          ...(origin.line === undefined ? {} : { line: origin.line }),
        })),
      },
    });
    this.missing = missing;
  }
}

function describe({ variable, path, origin }: MissingVariable): string {
  const line = origin.line === undefined ? "" : `line ${origin.line}, `;
  return `  ${line}${describePath(path)}: ${variable}`;
}
