/** `agentmesh show`: one run as its journal tells it. */
import type { RunEvent, RunView, TaskView } from "@agentmesh/core";
import type { Mesh } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { runDocument, shownValue } from "../documents/run-document.ts";
import { signalDocument } from "../documents/signal-document.ts";
import { runWaits } from "../documents/run-waits.ts";
import { EXIT } from "../exit-code.ts";
import { budgetRow } from "../progress/budget-text.ts";
import { dateText, durationText } from "../progress/duration-text.ts";
import { planDiffs } from "../progress/plan-diff-text.ts";
import { statusMark, statusWord } from "../progress/status-mark.ts";
import { nextCommand, waitLines } from "../progress/wait-lines.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { explainError } from "../terminal/report-error.ts";
import { type Row, tableLines } from "../terminal/table.ts";
import { valueText } from "./run-ending.ts";
import { showTree } from "./show-tree.ts";

export async function showCommand(call: CommandCall): Promise<number> {
  const { operands, options, output } = call;
  const [run] = operands;
  if (run === undefined) throw new UsageError("Which run is to be shown?", "List them with: agentmesh runs");
  await using mesh = await openSession(call);
  if (options.has("tree")) {
    showTree(await mesh.trace(run), output);
    return EXIT.ok;
  }
  const events = await mesh.events(run);
  if (options.has("events")) {
    for (const event of events) output.jsonLine(signalDocument(event));
    return EXIT.ok;
  }
  const view = await mesh.show(run);
  const isFull = options.has("full");
  if (output.isJson) output.document(runDocument(view, events, { read: (payload) => mesh.value(payload), isFull }));
  else show(view, { mesh, output, isFull, events });
  return EXIT.ok;
}

interface Showing {
  readonly mesh: Mesh;
  readonly output: Output;
  readonly isFull: boolean;
  readonly events: readonly RunEvent[];
}

function show(view: RunView, { mesh, output, isFull, events }: Showing): void {
  showHead(view, output);
  for (const line of planDiffs(events)) output.resultLine({ style: "dim", text: line });
  for (const line of tableLines(Object.values(view.tasks).map(taskRow))) output.resultLine(...line);
  for (const line of tableLines(view.budget.map(budgetRow))) output.resultLine(...line);
  showWaits(view, { mesh, output, events });
  if (view.error !== undefined) explainError(view.error, output);
  const payload = view.answer ?? view.output;
  if (payload === undefined) return;
  output.resultLine("");
  output.result(valueText(shownValue(payload, { read: (one) => mesh.value(one), isFull })));
}

function showWaits(view: RunView, { mesh, output, events }: Omit<Showing, "isFull">): void {
  const { run, status } = view;
  if (status !== "suspended" && status !== "running") return;
  const waits = runWaits(view, { events, read: (payload) => mesh.value(payload) });
  for (const line of waitLines(run, waits, Date.now())) output.resultLine(...line);
  if (status === "suspended") output.say("Go on with: ", { style: "bold", text: nextCommand(run, waits) });
}

function showHead(view: RunView, output: Output): void {
  const { run, name, status, createdAtMs, endedAtMs, revision, usage, fork } = view;
  const took = endedAtMs === undefined ? "" : `, ${durationText(endedAtMs - createdAtMs)}`;
  output.resultLine(statusMark(status), " ", { style: "bold", text: run }, " ", statusWord(status), `  ${name}`);
  const tokens = `${usage.inputTokens} + ${usage.outputTokens} tokens${usage.isExact ? "" : " (estimated)"}`;
  const cached = usage.cacheHits === undefined ? "" : `, ${usage.cacheHits} from the cache`;
  const text = `${dateText(createdAtMs)}${took}, plan v${revision}, ${usage.toolCalls} tool calls, ${usage.modelCalls} model calls, ${tokens}${cached}`;
  output.resultLine({ style: "dim", text });
  if (fork !== undefined)
    output.resultLine({ style: "dim", text: `forked off ${fork.run} at event ${fork.seq}${fromText(fork.from)}` });
}

function fromText(tasks: readonly string[]): string {
  return tasks.length === 0 ? "" : `, from ${tasks.join(", ")}`;
}

function taskRow(task: TaskView): Row {
  const { id, status, use, tool, startedAtMs, endedAtMs, error } = task;
  const took = startedAtMs === undefined || endedAtMs === undefined ? "" : durationText(endedAtMs - startedAtMs);
  const reason = error === undefined ? "" : `${error.code}: ${error.message}`;
  return [statusMark(status), id, statusWord(status), tool ?? use, took, originText(task), reason];
}

/** Whose result it is, or how often it took. */
function originText({ attempt, reusedFrom, cache }: TaskView): string {
  if (reusedFrom !== undefined) return `reused from ${reusedFrom.run}`;
  if (cache !== undefined) return `from the cache: as in ${cache.run}`;
  return attempt > 1 ? `${attempt} attempts` : "";
}
