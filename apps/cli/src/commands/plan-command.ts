/** `agentmesh plan`: plans and checks; prints the plan, so that it can be kept, edited and run. Calls no tool. */
import type { RunView } from "@agentmesh/core";
import type { CommandCall } from "../command-call.ts";
import { readWork } from "../documents/work.ts";
import { reporterFor } from "../progress/run-reporter.ts";
import { RunInterrupt } from "../run-interrupt.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { explainError } from "../terminal/report-error.ts";
import { findingLine } from "./finding-line.ts";
import { exitCodeOfResult } from "./run-ending.ts";

export async function planCommand(call: CommandCall): Promise<number> {
  const { work, options } = await readWork(call);
  await using mesh = await openSession(call);
  const reporter = reporterFor(call.output);
  using interrupt = new RunInterrupt(reporter, call.output);
  const stopServers = mesh.onServer((status) => reporter.server(status));
  try {
    const run = mesh.plan(work, options);
    interrupt.watch(run);
    for await (const signal of run) reporter.signal(signal);
    const result = await run.result;
    reporter.stop();
    show(await mesh.show(run.id), call.output);
    return exitCodeOfResult(result, interrupt.isInterrupted);
  } finally {
    stopServers();
    reporter.stop();
  }
}

function show({ plan, findings, error, status }: RunView, output: Output): void {
  if (error !== undefined) {
    if (output.isJson) output.document({ error });
    else explainError(error, output);
  } else if (plan !== undefined && status === "succeeded") {
    if (output.isJson) output.document({ plan, findings });
    else showPlan(plan, findings, output);
  }
}

function showPlan(plan: RunView["plan"], findings: RunView["findings"], output: Output): void {
  for (const finding of findings) output.say(...findingLine(finding));
  output.result(JSON.stringify(plan, null, 2));
}
