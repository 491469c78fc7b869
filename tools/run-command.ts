/** Runs a command of the tool chain to its end; a failure shows what the command said. */
import { spawnSync } from "node:child_process";

export interface CommandOptions {
  readonly cwd: string;
  /** The exit code that counts as success; 0 when absent. */
  readonly exitCode?: number | "any";
}

export class CommandError extends Error {
  constructor(command: string, reason: string) {
    super(`${command}: ${reason}`);
    this.name = new.target.name;
  }
}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Returns standard output. Throws CommandError when the command cannot start or ends with another exit code. */
export function runCommand(command: string, args: readonly string[], { cwd, exitCode = 0 }: CommandOptions): string {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: OUTPUT_BYTES_MAX,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const words = [command, ...args].join(" ");
  if (error !== undefined) throw new CommandError(words, error.message);
  if (exitCode !== "any" && status !== exitCode)
    throw new CommandError(words, `exit code ${status}\n${stdout}\n${stderr}`);
  return stdout;
}
