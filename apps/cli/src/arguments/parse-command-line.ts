/** Reads the words after `agentmesh`. A mistake is data here; the error for it is made only when there is one, so that help stays quick. */
import { parseArgs } from "node:util";
import { COMMANDS, GLOBAL_OPTIONS } from "./command-table.ts";
import type { CommandSpec, OptionSpec } from "./command-spec.ts";

/** `agentmesh help run` is `agentmesh run --help`. */
const HELP = "help";

export interface CommandLine {
  readonly command: CommandSpec | undefined;
  readonly operands: readonly string[];
  /** A switch that is on has an empty list. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly fault?: CommandLineFault;
}

export type CommandLineFault =
  | { readonly kind: "unknown-command" | "unknown-option"; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: "value-missing" | "value-unwanted"; readonly name: string }
  | { readonly kind: "too-many-operands"; readonly name: string };

export function parseCommandLine(words: readonly string[]): CommandLine {
  const { name, rest } = splitCommand(words);
  const command = commandNamed(name);
  const specs = [...GLOBAL_OPTIONS, ...(command?.options ?? [])];
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(specs.map(parserOption)),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = tokens.filter((token) => token.kind === "option");
  const operands = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  const options = optionsOf(given);
  if (name === HELP) return { command: commandNamed(operands[0]), operands, options: new Map([[HELP, []]]) };
  const fault =
    commandFault(name, command) ??
    given.map((token) => optionFault(token, specs)).find((each) => each !== undefined) ??
    operandFault(operands, command);
  return { command, operands, options, ...(fault === undefined ? {} : { fault }) };
}

function commandNamed(name: string | undefined): CommandSpec | undefined {
  return COMMANDS.find((candidate) => candidate.name === name);
}

function optionsOf(given: readonly OptionToken[]): ReadonlyMap<string, readonly string[]> {
  const options = new Map<string, string[]>();
  for (const { name, value } of given) {
    const values = options.get(name) ?? [];
    if (value !== undefined) values.push(value);
    options.set(name, values);
  }
  return options;
}

function commandFault(name: string | undefined, command: CommandSpec | undefined): CommandLineFault | undefined {
  if (name === undefined || command !== undefined) return undefined;
  return { kind: "unknown-command", name, known: COMMANDS.map((known) => known.name) };
}

function operandFault(operands: readonly string[], command: CommandSpec | undefined): CommandLineFault | undefined {
  const surplus = operands[command?.operandsMax ?? operands.length];
  return surplus === undefined ? undefined : { kind: "too-many-operands", name: surplus };
}

/** The first word that is neither an option nor an option's value is the command. */
function splitCommand(words: readonly string[]): {
  readonly name: string | undefined;
  readonly rest: readonly string[];
} {
  const valued = new Set(GLOBAL_OPTIONS.filter(({ value }) => value !== undefined).map(({ name }) => `--${name}`));
  let index = 0;
  while (index < words.length && words[index]?.startsWith("-")) index += valued.has(words[index] ?? "") ? 2 : 1;
  return { name: words[index], rest: words.filter((_, position) => position !== index) };
}

function parserOption({ name, value, short }: OptionSpec) {
  const type = value === undefined ? ("boolean" as const) : ("string" as const);
  return [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }] as const;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function optionFault(
  { name, rawName, value, inlineValue }: OptionToken,
  specs: readonly OptionSpec[],
): CommandLineFault | undefined {
  const spec = specs.find(
    (candidate) => candidate.name === name && (rawName.startsWith("--") || candidate.short !== undefined),
  );
  if (spec === undefined)
    return { kind: "unknown-option", name: rawName, known: specs.map((known) => `--${known.name}`) };
  if (spec.value === undefined) return value === undefined ? undefined : { kind: "value-unwanted", name: rawName };
  const isNextOption = inlineValue !== true && value?.startsWith("--") === true;
  return value === undefined || value === "" || isNextOption ? { kind: "value-missing", name: rawName } : undefined;
}
