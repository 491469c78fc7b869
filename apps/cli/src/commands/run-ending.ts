/** What is said when a run has stopped: its answer or output, its error, and how to look at it again. */
import { isJsonObject, type Json } from "@agentmesh/core";
import type { Mesh, RunResult } from "@agentmesh/runtime";
import { runWaits } from "../documents/run-waits.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { count } from "../progress/event-line.ts";
import { statusMark } from "../progress/status-mark.ts";
import { nextCommand, waitLines } from "../progress/wait-lines.ts";
import type { LinePart } from "../terminal/line.ts";
import { jsonText, type Output } from "../terminal/output.ts";
import { explainError } from "../terminal/report-error.ts";

export interface Ending {
  readonly mesh: Mesh;
  readonly output: Output;
  /** It was streamed already. */
  readonly isAnswerShown: boolean;
}

export async function showResult(ended: RunResult, { mesh, output, isAnswerShown }: Ending): Promise<void> {
  const result = await withCallsInDoubt(ended, mesh);
  if (output.isJson) output.jsonLine(result);
  else if (result.answer !== null && !isAnswerShown) output.result(result.answer);
  else if (result.answer === null && result.output !== null) output.result(valueText(result.output));
  if (result.citations.length > 0) output.say({ style: "dim", text: await citationText(result, mesh) });
  if (result.error !== undefined && !output.isJson) explainError(result.error, output);
  output.say(statusMark(result.status), ` ${result.status} `, usageOf(result));
  if (result.status === "suspended") showWaits(result, output);
  else if (result.status !== "succeeded") output.warn(`Look at it with: agentmesh show ${result.run}`);
}

/** Of a call in doubt one wants to know which call it was. */
async function withCallsInDoubt(result: RunResult, mesh: Mesh): Promise<RunResult> {
  if (result.status !== "suspended") return result;
  const [view, events] = await Promise.all([mesh.show(result.run), mesh.events(result.run)]);
  return { ...result, waits: runWaits(view, { events, read: (payload) => mesh.value(payload) }) };
}

function showWaits({ run, waits = [] }: RunResult, output: Output): void {
  for (const line of waitLines(run, waits, Date.now())) output.warn(...line);
  output.warn("Go on with: ", { style: "bold", text: nextCommand(run, waits) });
}

export function exitCodeOfResult({ status, error }: RunResult, isInterrupted: boolean): number {
  switch (status) {
    case "succeeded":
      return EXIT.ok;
    case "suspended":
      return EXIT.suspended;
    case "cancelled":
      return isInterrupted ? EXIT.interrupted : EXIT.runFailed;
    case "failed":
      return error === undefined ? EXIT.runFailed : exitCodeOf(error.code, causesOf(error.facts["tasks"]));
  }
}

/** Text as it is, everything else as JSON. */
export function valueText(value: Json): string {
  return typeof value === "string" ? value : jsonText(value, 2);
}

function usageOf({ run, usage }: RunResult): LinePart {
  const exactness = usage.isExact ? "" : "about ";
  const tokens = `${exactness}${usage.inputTokens} + ${usage.outputTokens} tokens`;
  const models = usage.modelCalls === 0 ? "" : `, ${count(usage.modelCalls, "model call")}, ${tokens}`;
  const cached = usage.cacheHits === undefined ? "" : `, ${count(usage.cacheHits, "result")} from the cache`;
  return { style: "dim", text: `${run}: ${count(usage.toolCalls, "tool call")}${models}${cached}` };
}

/** `[hits] web.search` for each task that the answer cites. */
async function citationText({ run, citations }: RunResult, mesh: Mesh): Promise<string> {
  const { tasks } = await mesh.show(run);
  return citations.map((id) => `[${id}] ${tasks[id]?.tool ?? tasks[id]?.use ?? ""}`).join("  ");
}

function causesOf(tasks: Json | undefined): readonly string[] {
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: Json) => (isJsonObject(task) && typeof task["code"] === "string" ? [task["code"]] : []));
}
