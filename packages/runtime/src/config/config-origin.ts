/** Where a value of the configuration was said. */
import { basename } from "node:path";

export type ConfigOrigin =
  | { readonly kind: "default" }
  | ConfigFileOrigin
  /** `variable`: the name of the environment variable. */
  | { readonly kind: "environment"; readonly variable: string }
  /** A flag of the command line, or what a program passed. */
  | { readonly kind: "option" }
  /** Found on this machine because nothing was configured; `source` for people: "Ollama at 127.0.0.1:11434". */
  | { readonly kind: "detected"; readonly source: string };

export interface ConfigFileOrigin {
  readonly kind: "file";
  /** Absolute path. */
  readonly file: string;
  /** From 1; absent where it is not known, as in a module. */
  readonly line?: number;
  /** The environment variables whose values are part of it, by `${}`. */
  readonly variables?: readonly string[];
}

/** "agentmesh.config.yaml:4 (WEB_TOKEN)", "AGENTMESH_STORE", "default" */
export function describeOrigin(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case "file":
      return describeFile(origin);
    case "environment":
      return origin.variable;
    case "detected":
      return origin.source;
    case "default":
    case "option":
      return origin.kind;
  }
}

function describeFile({ file, line, variables = [] }: ConfigFileOrigin): string {
  const place = line === undefined ? basename(file) : `${basename(file)}:${line}`;
  return variables.length === 0 ? place : `${place} (${variables.join(", ")})`;
}
