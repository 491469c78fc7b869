/** `agentmesh doctor`: whether everything that a run needs is there, each check with what to do when it is not. */
import type { CommandCall } from "../command-call.ts";
import { type DoctorCheck, exitCodeOfChecks } from "../doctor/doctor-check.ts";
import { checkModels } from "../doctor/model-checks.ts";
import { checkSettings } from "../doctor/settings-checks.ts";
import { statusMark } from "../progress/status-mark.ts";
import type { Output } from "../terminal/output.ts";

export async function doctorCommand(call: CommandCall): Promise<number> {
  const { output } = call;
  const checks: DoctorCheck[] = [];
  const report = (check: DoctorCheck): void => {
    checks.push(check);
    if (!output.isJson) show(check, output);
  };
  const loaded = await checkSettings(call, report);
  if (loaded !== undefined) await checkModels(loaded, report);
  if (output.isJson) output.document({ isHealthy: checks.every(({ status }) => status !== "failed"), checks });
  return exitCodeOfChecks(checks);
}

function show({ name, status, detail, hint }: DoctorCheck, output: Output): void {
  const mark = statusMark(status === "ok" ? "ok" : status);
  output.resultLine(mark, " ", { style: "bold", text: name }, ` ${detail}`);
  if (hint !== undefined) output.resultLine({ style: "dim", text: "  hint: " }, hint);
}
