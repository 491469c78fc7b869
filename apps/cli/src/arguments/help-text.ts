/** The help pages, read off the command table. */
import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { COMMANDS, GLOBAL_OPTIONS } from "./command-table.ts";

export function helpText(command: CommandSpec | undefined): string {
  return `${(command === undefined ? overview() : commandHelp(command)).join("\n")}\n`;
}

function overview(): readonly string[] {
  return [
    "A goal and MCP servers in; a checked, durable graph of tool calls and a cited answer out.",
    "",
    "Usage: agentmesh COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...columns(COMMANDS.map(({ name, operands, summary }) => [[name, operands].filter(Boolean).join(" "), summary])),
    "",
    "Options of every command:",
    ...columns(GLOBAL_OPTIONS.map(optionRow)),
    "",
    "Help for one: agentmesh COMMAND --help",
    "Exit codes: 0 ok, 1 run failed, 2 usage or configuration, 3 suspended: it waits for an approval, a signal,",
    "            an event or a decision, 4 server or model unreachable, 5 budget or deadline, 6 not authorised,",
    "            130 cancelled by Ctrl-C",
  ];
}

function commandHelp({ name, operands, summary, options, examples }: CommandSpec): readonly string[] {
  const usage = ["agentmesh", name, operands, "[OPTIONS]"].filter((part) => part !== undefined);
  return [
    `${summary}.`,
    "",
    `Usage: ${usage.join(" ")}`,
    ...(options.length === 0 ? [] : ["", "Options:", ...columns(options.map(optionRow))]),
    "",
    "Options of every command:",
    ...columns(GLOBAL_OPTIONS.map(optionRow)),
    ...(examples === undefined ? [] : ["", "Examples:", ...examples.map((example) => `  ${example}`)]),
  ];
}

function optionRow({ name, short, value, summary, isRepeatable }: OptionSpec): readonly [string, string] {
  const long = value === undefined ? `--${name}` : `--${name} ${value}`;
  return [`${short === undefined ? "    " : `-${short}, `}${long}${isRepeatable === true ? "..." : ""}`, summary];
}

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
