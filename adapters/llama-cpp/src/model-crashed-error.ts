/** The child process of a model ended in the middle of its work. */
import { ModelError } from "@agentmesh/ports";

export interface CrashFacts {
  readonly model: string;
  /** "signal SIGABRT", "exit code 1" */
  readonly how: string;
  /** The last lines that it wrote to its standard error. */
  readonly lastLines: readonly string[];
  /** Crashes without an answer in between, this one included. */
  readonly crashes: number;
  /** False: it crashed too often, and is not started again. */
  readonly isRestarted: boolean;
}

export class ModelCrashedError extends ModelError {
  constructor({ model, how, lastLines, crashes, isRestarted }: CrashFacts) {
    const words = lastLines.length === 0 ? "" : `\n${lastLines.join("\n")}`;
    const again = isRestarted ? "It is started again for the next call." : "It is not started again.";
    super({
      code: "AM_MODEL_CRASHED",
      message: `The process of ${model} ended (${how}). ${again}${words}`,
      hint: isRestarted
        ? "Try again; if it happens with the same request every time, give the role another model."
        : `It crashed ${crashes} times in a row: the file may be damaged (agentmesh models pull), or memory too small (contextTokens).`,
      facts: { model, how, crashes },
      retryable: isRestarted,
    });
  }
}
