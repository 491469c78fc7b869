/** `agentmesh fork`: a new run that takes over what a stored one has reached. Says first what that means, then does it. */
import type { PlanInput, RunView } from "@agentmesh/core";
import type { Fork, ForkOptions, Mesh } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { forkDocument } from "../documents/fork-document.ts";
import { readPlanFile } from "../documents/plan-file.ts";
import { readInputs } from "../documents/work.ts";
import { EXIT } from "../exit-code.ts";
import { count } from "../progress/event-line.ts";
import { forkLines } from "../progress/fork-text.ts";
import { openSession } from "../session.ts";
import { isAgreed } from "../terminal/confirmation.ts";
import { driveOn } from "./drive-run.ts";
import { followRun } from "./follow-run.ts";
import { exitCodeOfResult } from "./run-ending.ts";
import { runOperand } from "./tell-run.ts";

export async function forkCommand(call: CommandCall): Promise<number> {
  const source = runOperand(call, "fork");
  const { output, options } = call;
  await using mesh = await openSession(call);
  const fork = await mesh.fork(source, await optionsOf(call, await mesh.show(source)));
  show(fork, { mesh, call });
  if (options.has("dry-run") || !(await mayRepeat(fork, call))) return EXIT.ok;
  const work: Parameters<typeof driveOn>[1] = async ({ interrupt, reporter }) => {
    const run = fork.start();
    interrupt.watch(run);
    const result = await followRun(run, { mesh, reporter, output });
    return exitCodeOfResult(result, interrupt.isInterrupted);
  };
  return await driveOn(mesh, work, { output });
}

/** Throws ConfirmationNeededError where nobody can be asked. */
async function mayRepeat({ preview: { repeats } }: Fork, { options, output }: CommandCall): Promise<boolean> {
  if (repeats.length === 0) return true;
  const what = `repeat ${count(repeats.length, "call")} that may have changed something`;
  return await isAgreed({ what, isYes: options.has("yes") }, output);
}

/** Throws UsageError, PlanFileError, InputFileError. */
async function optionsOf({ options }: CommandCall, view: RunView): Promise<ForkOptions> {
  const file = options.get("plan")?.at(-1);
  const plan = file === undefined ? undefined : ((await readPlanFile(file)).document as PlanInput);
  const inputs = await readInputs(options.get("input") ?? [], plan ?? view.plan);
  const name = options.get("name")?.at(-1);
  return {
    from: options.get("from") ?? [],
    inputs,
    ...(plan === undefined ? {} : { plan }),
    ...(name === undefined ? {} : { name }),
  };
}

function show(
  { preview }: Fork,
  { mesh, call: { output, options } }: { readonly mesh: Mesh; readonly call: CommandCall },
): void {
  const document = output.isJson ? forkDocument(preview, { read: (payload) => mesh.value(payload) }) : undefined;
  if (document === undefined)
    for (const line of forkLines(preview, (payload) => mesh.value(payload))) output.say(...line);
  else if (options.has("dry-run")) output.document(document);
  else output.jsonLine(document);
}
