/** The program: reads its arguments, sets the exit code. Loads nothing that the command at hand does not need. */
import { helpText } from "./arguments/help-text.ts";
import { type CommandLine, parseCommandLine } from "./arguments/parse-command-line.ts";
import { EXIT } from "./exit-code.ts";
import { Output } from "./terminal/output.ts";

/** How long what is still open may keep the process alive once the command is done, in milliseconds. */
const LINGER_MS = 2_000;

ignoreClosedPipe(process.stdout);
ignoreClosedPipe(process.stderr);
process.exitCode = await main(parseCommandLine(process.argv.slice(2)));
await Promise.all([written(process.stdout), written(process.stderr)]);
setTimeout(() => process.exit(), LINGER_MS).unref();

async function main(line: CommandLine): Promise<number> {
  const { command, options, operands, fault } = line;
  const output = new Output({
    isJson: options.has("json"),
    isQuiet: options.has("quiet"),
    isVerbose: options.has("verbose"),
  });
  try {
    if (fault !== undefined) throw (await import("./arguments/usage-error.ts")).UsageError.of(fault, command?.name);
    if (options.has("version")) return await showVersion(output);
    if (options.has("help")) return showHelp(line, output.stdout, EXIT.ok);
    if (command === undefined) return showHelp(line, output.stderr, EXIT.usage);
    const call = await command.load();
    return await call({ config: last(options, "config"), store: last(options, "store"), operands, options, output });
  } catch (error) {
    const { reportError } = await import("./terminal/report-error.ts");
    return reportError(error, output);
  }
}

function showHelp({ command }: CommandLine, stream: NodeJS.WriteStream, exit: number): number {
  stream.write(helpText(command));
  return exit;
}

async function showVersion(output: Output): Promise<number> {
  const { version } = await import("./version.ts");
  if (output.isJson) output.document({ version });
  else output.result(version);
  return EXIT.ok;
}

function last(options: CommandLine["options"], name: string): string | undefined {
  return options.get(name)?.at(-1);
}

/** Whoever reads may stop reading (`| head`): the rest is dropped, and the command ends as it would have. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** Resolves when everything has gone out, however slow the reader is; or when nobody reads any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.write("", () => resolve());
  });
}
