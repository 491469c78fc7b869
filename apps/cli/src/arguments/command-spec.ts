/** What a command is called, what it takes and what it does, as data: help, parsing and shell completion are read off it. */
import type { CommandCall } from "../command-call.ts";

export interface OptionSpec {
  /** Without the two dashes. */
  readonly name: string;
  readonly short?: string;
  /** How its value is named in help; absent: a switch. */
  readonly value?: string;
  readonly isRepeatable?: boolean;
  readonly summary: string;
}

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** What follows the name: `[FILE]`. */
  readonly operands?: string;
  /** The most operands that it takes; absent: any number. */
  readonly operandsMax?: number;
  /** Words that can stand first among the operands. */
  readonly words?: readonly string[];
  readonly takesFiles?: boolean;
  readonly options: readonly OptionSpec[];
  readonly examples?: readonly string[];
  /** Loads what it needs only when it is called: help stays quick. Resolves with the exit code. */
  readonly load: () => Promise<(call: CommandCall) => Promise<number>>;
}
