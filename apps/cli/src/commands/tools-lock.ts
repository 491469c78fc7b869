/** `agentmesh tools lock`: pins every tool as it is now, or says what is not as it was pinned. */
import type { ToolChange } from "@agentmesh/core";
import type { LockedToolChange, LockReport } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { count } from "../progress/event-line.ts";
import type { Status } from "../progress/status-mark.ts";
import { statusMark } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";

const STATUS_OF = { added: "ok", changed: "warning", removed: "warning" } as const satisfies Record<string, Status>;

export async function lockTools(call: CommandCall): Promise<number> {
  await using mesh = await openSession(call);
  const isCheck = call.options.has("check");
  const report = await mesh.lockTools({ isDryRun: isCheck });
  if (call.output.isJson) call.output.document(report);
  else show(report, isCheck, call.output);
  if (isCheck && !report.isCurrent) return EXIT.runFailed;
  return report.unreachable.length > 0 ? EXIT.unreachable : EXIT.ok;
}

function show({ file, isCurrent, tools, changes, unreachable }: LockReport, isCheck: boolean, output: Output): void {
  for (const change of changes) showChange(change, output);
  for (const server of unreachable)
    output.warn(statusMark("warning"), ` ${server} could not be asked: its tools stay as they were pinned`);
  if (!isCheck) output.resultLine(`${count(tools, "tool")} pinned in ${file}`);
  else if (isCurrent) output.resultLine(`${count(tools, "tool")} as pinned in ${file}`);
  else if (changes.length === 0) output.resultLine(`Nothing is pinned yet: there is no ${file}`);
  else output.resultLine(`${count(changes.length, "tool")} not as pinned in ${file}`);
  if (isCheck && !isCurrent) output.say("If this is right, pin them as they are now with: agentmesh tools lock");
}

function showChange({ tool, kind, changes }: LockedToolChange, output: Output): void {
  output.resultLine(statusMark(STATUS_OF[kind]), " ", { style: "bold", text: tool }, ` ${kind}`);
  for (const change of changes) showDifference(change, output);
}

function showDifference({ path, was, is }: ToolChange, output: Output): void {
  output.resultLine({ style: "dim", text: `    ${path}` });
  if (was !== undefined) output.resultLine(`      - ${was}`);
  if (is !== undefined) output.resultLine(`      + ${is}`);
}
