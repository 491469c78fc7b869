/** `agentmesh resume`: goes on with a run that was suspended or whose process died, or with all runs whose process died. */
import type { Mesh, Run } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { PlainReporter } from "../progress/plain-reporter.ts";
import { reportError } from "../terminal/report-error.ts";
import { driveRun, type Driving } from "./drive-run.ts";
import { followRun } from "./follow-run.ts";
import { exitCodeOfResult } from "./run-ending.ts";
import { runOperand, tellRun } from "./tell-run.ts";

/** As many runs are looked through for those that were left behind. */
const LISTED_MAX = 100_000;

export async function resumeCommand(call: CommandCall): Promise<number> {
  if (!call.options.has("all")) {
    const run = runOperand(call, "resume");
    return await tellRun(call, { run, send: (mesh) => Promise.resolve(mesh.resume(run)), done: "resumed" });
  }
  if (call.operands.length > 0)
    throw new UsageError("Give either a run or --all.", "--all: every run whose process died.");
  const reporter = new PlainReporter(call.output, { namesRuns: true });
  return await driveRun(call, (driving) => resumeAll(call, driving), { reporter });
}

async function resumeAll(call: CommandCall, driving: Driving): Promise<number> {
  const { mesh, interrupt } = driving;
  const before = await lengths(mesh);
  const runs = await mesh.recover();
  for (const run of runs) interrupt.watch(run);
  if (runs.length === 0)
    call.output.say("No run was left behind: each is over, suspended, or driven by a process that lives.");
  return worstOf(await Promise.all(runs.map((run) => followOne(run, { call, driving, before }))));
}

/** How many events each run had that may be left behind. */
async function lengths(mesh: Mesh): Promise<ReadonlyMap<string, number>> {
  const running = (await mesh.runs({ limit: LISTED_MAX })).filter(({ status }) => status === "running");
  const counted = running.map(async ({ run }) => [run, (await mesh.events(run)).length] as const);
  return new Map(await Promise.all(counted));
}

interface FollowingOne {
  readonly call: CommandCall;
  readonly driving: Driving;
  readonly before: ReadonlyMap<string, number>;
}

/** What is wrong with one run does not stop the others. */
async function followOne(run: Run, { call: { output }, driving, before }: FollowingOne): Promise<number> {
  const { mesh, reporter, interrupt } = driving;
  try {
    const afterSeq = before.get(run.id) ?? 0;
    const result = await followRun(run, { mesh, reporter, output, afterSeq, isOneOfSeveral: true });
    return exitCodeOfResult(result, interrupt.isInterrupted);
  } catch (error) {
    return reportError(error, output);
  }
}

/** Interrupted, then the first that failed, then what is suspended. */
function worstOf(exits: readonly number[]): number {
  const wrong = exits.filter((exit) => exit !== EXIT.ok);
  return (
    wrong.find((exit) => exit === EXIT.interrupted) ??
    wrong.find((exit) => exit !== EXIT.suspended) ??
    wrong[0] ??
    EXIT.ok
  );
}
