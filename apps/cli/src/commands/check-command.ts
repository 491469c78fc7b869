/** `agentmesh check`: the static check of a plan file, each finding with its place in the text. */
import { type Finding, hasErrors } from "@agentmesh/core";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { positionOf, spanOf, type TextPosition, type TextSpan } from "../documents/json-text.ts";
import { type PlanFile, readPlanFile } from "../documents/plan-file.ts";
import { sourceExcerpt } from "../documents/source-excerpt.ts";
import { readScope } from "../documents/work.ts";
import { EXIT } from "../exit-code.ts";
import { count } from "../progress/event-line.ts";
import { PlainReporter } from "../progress/plain-reporter.ts";
import { statusMark } from "../progress/status-mark.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { findingLine } from "./finding-line.ts";

/** Places are looked up for so many findings; what comes after them keeps its path. */
const PLACED_MAX = 200;

interface PlacedFinding {
  readonly finding: Finding;
  readonly span: TextSpan | undefined;
  readonly position: TextPosition | undefined;
}

export async function checkCommand(call: CommandCall): Promise<number> {
  const [path] = call.operands;
  if (path === undefined)
    throw new UsageError("Which file is to be checked?", "For example: agentmesh check plan.json");
  const file = await readPlanFile(path);
  await using mesh = await openSession(call);
  const reporter = new PlainReporter(call.output);
  const stopServers = mesh.onServer((status) => {
    if (status.state === "failed" || call.output.isVerbose) reporter.server(status);
  });
  const findings = await mesh.check(file.document, readScope(call));
  stopServers();
  const placed = findings.map((finding, index) => place(finding, file, index < PLACED_MAX));
  if (call.output.isJson) call.output.document({ file: path, findings: placed.map(documentOf) });
  else show(placed, file, call.output);
  return hasErrors(findings) ? EXIT.runFailed : EXIT.ok;
}

function place(finding: Finding, { text }: PlanFile, isPlaced: boolean): PlacedFinding {
  if (!isPlaced) return { finding, span: undefined, position: undefined };
  const span = spanOf(text, finding.path);
  return { finding, span, position: positionOf(text, span.start) };
}

function documentOf({ finding, position }: PlacedFinding): object {
  return { ...finding, ...position };
}

function show(placed: readonly PlacedFinding[], file: PlanFile, output: Output): void {
  for (const one of placed) showFinding(one, file, output);
  const errors = placed.filter(({ finding }) => finding.severity === "error").length;
  const remarks = errors === placed.length ? "" : `, ${count(placed.length - errors, "remark")}`;
  if (errors > 0) output.resultLine(statusMark("failed"), ` ${count(errors, "error")}${remarks}`);
  else output.resultLine(statusMark("ok"), ` The plan can run${remarks}.`);
}

function showFinding({ finding, span, position }: PlacedFinding, { path, text }: PlanFile, output: Output): void {
  const at = position === undefined ? path : `${path}:${position.line}:${position.column}`;
  output.resultLine(...findingLine(finding, at));
  if (span !== undefined && position !== undefined) {
    const { source, caret } = sourceExcerpt(text, span);
    const gutter = String(position.line).padStart(5);
    output.resultLine({ style: "dim", text: `${gutter} | ` }, source);
    output.resultLine({ style: "dim", text: `${" ".repeat(gutter.length)} | ` }, { style: "red", text: caret });
  }
  if (finding.hint !== undefined) output.resultLine({ style: "dim", text: "  hint: " }, finding.hint);
}
