/** `agentmesh cancel`: stops a run, whoever drives it. That it ends as cancelled is what was asked for. */
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { exitCodeOfResult } from "./run-ending.ts";
import { runOperand, tellRun, textOption } from "./tell-run.ts";

const REASON = "cancelled by a person";

export async function cancelCommand(call: CommandCall): Promise<number> {
  const run = runOperand(call, "cancel");
  const reason = textOption(call, "reason") ?? REASON;
  return await tellRun(call, {
    run,
    send: (mesh) => mesh.cancel(run, reason),
    done: "cancelled",
    exitCode: (result, isInterrupted) =>
      result.status === "cancelled" ? EXIT.ok : exitCodeOfResult(result, isInterrupted),
  });
}
