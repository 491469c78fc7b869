/** The configuration file that somebody named does not exist. Code AM_CONFIG_NOT_FOUND. */
import { basename } from "node:path";
import { suggestion } from "@agentmesh/core";
import { ConfigError } from "./config-error.ts";

export class ConfigNotFoundError extends ConfigError {
  /** `file`: absolute path. `neighbours`: names of the files in its folder that could have been meant. */
  constructor(file: string, neighbours: readonly string[]) {
    const create = "Create one with: agentmesh init";
    super({
      code: "AM_CONFIG_NOT_FOUND",
      message: `There is no configuration file ${file}.`,
      hint: neighbours.length === 0 ? create : `${suggestion(basename(file), neighbours)} ${create}`,
      facts: { file },
    });
  }
}
