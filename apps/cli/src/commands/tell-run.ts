/** A command of a person to a run: sent, and then followed as `run` does, if the run goes on in this process. */
import type { Mesh, Run, RunResult } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { driveRun } from "./drive-run.ts";
import { followRun } from "./follow-run.ts";
import { exitCodeOfResult } from "./run-ending.ts";

export interface Telling {
  readonly run: string;
  /** Resolves once the run has followed it: with a handle if it is driven here. Rejects when it is refused. */
  readonly send: (mesh: Mesh) => Promise<Run | undefined>;
  /** What has happened then, as one word or two: `approved`. */
  readonly done: string;
  /** The exit code that a result means; absent: the same as for `run`. */
  readonly exitCode?: (result: RunResult, isInterrupted: boolean) => number;
}

export async function tellRun(call: CommandCall, telling: Telling): Promise<number> {
  const { run: existing, send, done, exitCode = exitCodeOfResult } = telling;
  const { output } = call;
  const work: Parameters<typeof driveRun>[1] = async ({ mesh, reporter, interrupt }) => {
    const before = await mesh.events(existing);
    for (const event of before) reporter.recall(event);
    const run = await send(mesh);
    if (run === undefined) {
      reporter.stop();
      if (output.isJson) output.document({ run: existing, followed: true });
      else output.say(`${done}; the process that drives ${existing} goes on with it`);
      return EXIT.ok;
    }
    interrupt.watch(run);
    const result = await followRun(run, { mesh, reporter, output, afterSeq: before.length });
    return exitCode(result, interrupt.isInterrupted);
  };
  return await driveRun(call, work, { existing });
}

/** The first operand. Throws UsageError. */
export function runOperand({ operands }: CommandCall, command: string): string {
  const [run] = operands;
  if (run === undefined || run === "")
    throw new UsageError(`Which run? ${command} needs its name.`, "List them with: agentmesh runs");
  return run;
}

/** A text that a person adds. Throws UsageError. */
export function textOption({ options }: CommandCall, name: string): string | undefined {
  const text = options.get(name)?.at(-1);
  if (text === undefined || text.length <= TEXT_CHARS_MAX) return text;
  throw new UsageError(`--${name} is longer than ${TEXT_CHARS_MAX} characters.`, "Say it in fewer words.");
}

/** The longest note or reason that a run stores, in UTF-16 units. */
const TEXT_CHARS_MAX = 1_000;
