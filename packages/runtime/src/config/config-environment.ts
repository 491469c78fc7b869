/**
 * What the environment says inside a configuration file: `${NAME}` and `${NAME:-default}` in a text are replaced by
 * the variable; `$${` stands for `${` itself. Values of variables are secrets, except of those that describe the machine.
 */
import { ConfigInvalidError } from "./config-invalid-error.ts";
import type { ConfigFileOrigin, ConfigOrigin } from "./config-origin.ts";
import type { ConfigPath } from "./config-path.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { ConfigVariableMissingError, type MissingVariable } from "./config-variable-missing-error.ts";
import { mapSourced, type SourcedValue } from "./sourced-value.ts";

/** As `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ExpandedConfig {
  readonly tree: SourcedValue;
  /** The values of the variables that were used; to be masked wherever they turn up. */
  readonly secrets: readonly string[];
}

/** Paths, names and addresses of the machine: masking them would blank out ordinary results. */
const PUBLIC_VARIABLES: ReadonlySet<string> = new Set(
  (
    "HOME USERPROFILE USER USERNAME LOGNAME PWD TMPDIR TEMP TMP PATH SHELL LANG HOST HOSTNAME PORT NODE_ENV " +
    "APPDATA LOCALAPPDATA XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME XDG_RUNTIME_DIR"
  ).split(" "),
);

/** Whether the value of a variable may be shown. */
export function isPublicVariable(name: string): boolean {
  return PUBLIC_VARIABLES.has(name);
}

const REFERENCE = /\$\$\{|\$\{(?<body>[^}]*)\}?/g;
const BODY = /^(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?<fallback>.*))?$/s;

/**
 * `tree`: what the file says. Throws ConfigVariableMissingError with every variable that is not set and has no
 * default, ConfigInvalidError for a `${` that is no reference. An empty variable takes the default where there is one.
 */
export function expandVariables(tree: SourcedValue, environment: Environment, file: string): ExpandedConfig {
  const expansion = new Expansion(environment);
  const expanded = mapSourced(tree, (leaf, path) => expansion.expand(leaf, path));
  if (expansion.problems.length > 0) throw new ConfigInvalidError(file, expansion.problems);
  if (expansion.missing.length > 0) throw new ConfigVariableMissingError(file, expansion.missing);
  return { tree: expanded, secrets: [...expansion.secrets] };
}

interface Replacement {
  /** Whether it is the variable's value, not the default. */
  readonly isUsed: boolean;
  readonly text: string;
}

class Expansion {
  readonly missing: MissingVariable[] = [];
  readonly problems: ConfigProblem[] = [];
  readonly secrets = new Set<string>();
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  expand(leaf: SourcedValue, path: ConfigPath): SourcedValue {
    const { value, origin } = leaf;
    if (typeof value !== "string" || !value.includes("${") || origin.kind !== "file") return leaf;
    const variables: string[] = [];
    const text = value.replaceAll(REFERENCE, (whole, body: string | undefined) => {
      if (body === undefined) return "${";
      const groups = whole.endsWith("}") ? BODY.exec(body)?.groups : undefined;
      if (groups === undefined) return this.#refuse(path, origin);
      const { isUsed, text: replacement } = this.#valueOf(groups, path, origin);
      if (isUsed) variables.push(groups["name"] ?? "");
      return replacement;
    });
    return { origin: variables.length === 0 ? origin : { ...origin, variables }, value: text };
  }

  #valueOf(groups: Readonly<Record<string, string>>, path: ConfigPath, origin: ConfigFileOrigin): Replacement {
    const { name: variable = "", fallback } = groups;
    const value = Object.hasOwn(this.#environment, variable) ? this.#environment[variable] : undefined;
    if (value === undefined && fallback === undefined) this.missing.push({ variable, path, origin });
    if (value === undefined || (value === "" && fallback !== undefined)) return { isUsed: false, text: fallback ?? "" };
    if (value !== "" && !isPublicVariable(variable)) this.secrets.add(value);
    return { isUsed: true, text: value };
  }

  #refuse(path: ConfigPath, origin: ConfigOrigin): string {
    const message = "It holds ${ and no name of a variable follows.";
    this.problems.push({
      path,
      origin,
      message,
      suggestion: "Write ${NAME} or ${NAME:-default}, or $${ for ${ itself.",
    });
    return "";
  }
}
