/** Shell completion for bash, zsh and fish: commands, their words, their options, and files where files can stand. */
import { COMMANDS, GLOBAL_OPTIONS } from "../arguments/command-table.ts";
import type { CommandSpec, OptionSpec } from "../arguments/command-spec.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(word: string): word is Shell {
  return SHELLS.some((shell) => shell === word);
}

export function completionScript(shell: Shell): string {
  switch (shell) {
    case "bash":
      return bashScript();
    case "zsh":
      return zshScript();
    case "fish":
      return fishScript();
  }
}

/** Option values that are files: everything else is free text. */
const FILE_VALUES = new Set(["FILE", "PATH"]);

function bashScript(): string {
  const names = COMMANDS.map(({ name }) => name).join(" ");
  const cases = COMMANDS.map((command) => `    ${command.name}) words=${quoted(wordsOf(command).join(" "))} ;;`);
  const files = COMMANDS.filter(({ takesFiles }) => takesFiles === true).map(({ name }) => name);
  return `# bash completion for agentmesh
_agentmesh() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" words="" word
  case "$previous" in
    ${optionsWithFiles().join("|")}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *) command="$word"; break ;;
    esac
  done
  case "$command" in
    "") words=${quoted(`${names} ${optionNames(GLOBAL_OPTIONS).join(" ")}`)} ;;
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  case "$command" in
    ${files.join("|")}) [[ "$current" == -* ]] || COMPREPLY+=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _agentmesh agentmesh
`;
}

function zshScript(): string {
  const described = COMMANDS.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = COMMANDS.map((command) => `    ${command.name}) _arguments ${zshArguments(command).join(" ")} ;;`);
  return `#compdef agentmesh
_agentmesh() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case "$words[1]" in
${cases.join("\n")}
  esac
}
compdef _agentmesh agentmesh
`;
}

function zshArguments({ options, words, takesFiles }: CommandSpec): readonly string[] {
  const all = [...options, ...GLOBAL_OPTIONS].map(({ name, summary, value, isRepeatable }) => {
    const action = value === undefined ? "" : `:${value}:${FILE_VALUES.has(value) ? "_files" : ""}`;
    return quoted(`${isRepeatable === true ? "*" : ""}--${name}[${summary.replaceAll(/[[\]:]/g, " ")}]${action}`);
  });
  const operands = words === undefined ? [] : [quoted(`1:word:(${words.join(" ")})`)];
  return [...all, ...operands, ...(takesFiles === true ? [quoted("*:file:_files")] : [])];
}

function fishScript(): string {
  const isFirst = "__fish_use_subcommand";
  const global = GLOBAL_OPTIONS.map((option) => `complete -c agentmesh ${fishOption(option)}`);
  const commands = COMMANDS.flatMap(({ name, summary, options, words = [], takesFiles }) => {
    const isHere = quoted(`__fish_seen_subcommand_from ${name}`);
    return [
      `complete -c agentmesh -n ${isFirst} -a ${name} -d ${quoted(summary)}`,
      ...options.map((option) => `complete -c agentmesh -n ${isHere} ${fishOption(option)}`),
      ...(words.length === 0 ? [] : [`complete -c agentmesh -n ${isHere} -a ${quoted(words.join(" "))}`]),
      ...(takesFiles === true ? [`complete -c agentmesh -n ${isHere} -F`] : []),
    ];
  });
  return `# fish completion for agentmesh\ncomplete -c agentmesh -f\n${[...global, ...commands].join("\n")}\n`;
}

function fishOption({ name, short, value, summary }: OptionSpec): string {
  const letter = short === undefined ? "" : `-s ${short} `;
  const action = value === undefined ? "" : FILE_VALUES.has(value) ? "-r -F " : "-x ";
  return `${letter}-l ${name} ${action}-d ${quoted(summary)}`;
}

function wordsOf({ words = [], options }: CommandSpec): readonly string[] {
  return [...words, ...optionNames([...options, ...GLOBAL_OPTIONS])];
}

function optionNames(options: readonly OptionSpec[]): readonly string[] {
  return options.map(({ name }) => `--${name}`);
}

function optionsWithFiles(): readonly string[] {
  return GLOBAL_OPTIONS.filter(({ value }) => value !== undefined && FILE_VALUES.has(value)).map(
    ({ name }) => `--${name}`,
  );
}

/** For all three shells: in single quotes nothing is special but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
