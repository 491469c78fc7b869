/**
 * The base of every error that the configuration causes, whatever is wrong with it: the command line exits with 2.
 * Messages and facts never hold a value of the configuration or of a variable, since either may be a secret.
 */
import { MeshError, type MeshErrorOptions } from "@agentmesh/core";

/**
 * NOT_FOUND: the file that was named does not exist. AMBIGUOUS: a folder holds two. UNREADABLE: it cannot be read as a
 * configuration file at all. SYNTAX: it is not the YAML or JSON it claims to be. MODULE: its code failed.
 * VARIABLE_MISSING: it names an environment variable that is not set. INVALID: it says something that cannot be.
 */
export type ConfigErrorCode =
  | "AM_CONFIG_NOT_FOUND"
  | "AM_CONFIG_AMBIGUOUS"
  | "AM_CONFIG_UNREADABLE"
  | "AM_CONFIG_SYNTAX"
  | "AM_CONFIG_MODULE"
  | "AM_CONFIG_VARIABLE_MISSING"
  | "AM_CONFIG_INVALID";

export interface ConfigErrorOptions extends MeshErrorOptions {
  readonly code: ConfigErrorCode;
}

export class ConfigError extends MeshError {
  declare readonly code: ConfigErrorCode;

  constructor(options: ConfigErrorOptions) {
    super(options);
  }
}
