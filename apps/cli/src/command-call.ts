/** One call of a command: what was asked, and where its output goes. */
import type { Output } from "./terminal/output.ts";

export interface CommandCall {
  /** Absolute or relative to the working directory; undefined: searched. */
  readonly config: string | undefined;
  readonly store: string | undefined;
  readonly operands: readonly string[];
  /** Values of options by name; a switch has none. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly output: Output;
}
