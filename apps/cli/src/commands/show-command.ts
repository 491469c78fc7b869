/** `agentmesh show`: one run as its journal tells it. */
import type { RunView, TaskView } from "@agentmesh/core";
import type { Mesh } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { runDocument, shownValue } from "../documents/run-document.ts";
import { signalDocument } from "../documents/signal-document.ts";
import { EXIT } from "../exit-code.ts";
import { dateText, durationText } from "../progress/duration-text.ts";
import { statusMark, statusWord } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { explainError } from "../terminal/report-error.ts";
import { type Row, tableLines } from "../terminal/table.ts";
import { valueText } from "./run-ending.ts";

export async function showCommand(call: CommandCall): Promise<number> {
  const { operands, options, output } = call;
  const [run] = operands;
  if (run === undefined) throw new UsageError("Which run is to be shown?", "List them with: agentmesh runs");
  await using mesh = await openSession(call);
  if (options.has("events")) {
    for (const event of await mesh.events(run)) output.jsonLine(signalDocument(event));
    return EXIT.ok;
  }
  const view = await mesh.show(run);
  const isFull = options.has("full");
  if (output.isJson) output.document(runDocument(view, { read: (payload) => mesh.value(payload), isFull }));
  else show(view, { mesh, output, isFull });
  return EXIT.ok;
}

interface Showing {
  readonly mesh: Mesh;
  readonly output: Output;
  readonly isFull: boolean;
}

function show(view: RunView, { mesh, output, isFull }: Showing): void {
  showHead(view, output);
  for (const line of tableLines(Object.values(view.tasks).map(taskRow))) output.resultLine(...line);
  if (view.error !== undefined) explainError(view.error, output);
  const payload = view.answer ?? view.output;
  if (payload === undefined) return;
  output.resultLine("");
  output.result(valueText(shownValue(payload, { read: (one) => mesh.value(one), isFull })));
}

function showHead({ run, name, status, createdAtMs, endedAtMs, revision, usage }: RunView, output: Output): void {
  const took = endedAtMs === undefined ? "" : `, ${durationText(endedAtMs - createdAtMs)}`;
  output.resultLine(statusMark(status), " ", { style: "bold", text: run }, " ", statusWord(status), `  ${name}`);
  const tokens = `${usage.inputTokens} + ${usage.outputTokens} tokens${usage.isExact ? "" : " (estimated)"}`;
  const text = `${dateText(createdAtMs)}${took}, plan v${revision}, ${usage.toolCalls} tool calls, ${usage.modelCalls} model calls, ${tokens}`;
  output.resultLine({ style: "dim", text });
}

function taskRow(task: TaskView): Row {
  const { id, status, use, tool, attempt, startedAtMs, endedAtMs, error } = task;
  const took = startedAtMs === undefined || endedAtMs === undefined ? "" : durationText(endedAtMs - startedAtMs);
  const tries = attempt > 1 ? `${attempt} attempts` : "";
  const reason = error === undefined ? "" : `${error.code}: ${error.message}`;
  return [statusMark(status), id, statusWord(status), tool ?? use, took, tries, reason];
}
