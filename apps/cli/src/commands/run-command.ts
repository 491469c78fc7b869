/** `agentmesh run`: a goal or a plan file in, its answer or output out, everything on the way shown. */
import type { CommandCall } from "../command-call.ts";
import { readWork } from "../documents/work.ts";
import { driveRun } from "./drive-run.ts";
import { followRun } from "./follow-run.ts";
import { exitCodeOfResult } from "./run-ending.ts";

export async function runCommand(call: CommandCall): Promise<number> {
  const { work, options } = await readWork(call);
  return await driveRun(call, async ({ mesh, reporter, interrupt }) => {
    const run = mesh.run(work, options);
    interrupt.watch(run);
    const result = await followRun(run, { mesh, reporter, output: call.output });
    return exitCodeOfResult(result, interrupt.isInterrupted);
  });
}
