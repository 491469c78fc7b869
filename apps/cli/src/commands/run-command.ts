/** `agentmesh run`: a goal or a plan file in, its answer or output out, everything on the way shown. */
import type { Mesh, Run } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { signalDocument } from "../documents/signal-document.ts";
import { readWork } from "../documents/work.ts";
import { AnswerStream } from "../progress/answer-stream.ts";
import { reporterFor, type RunReporter } from "../progress/run-reporter.ts";
import { RunInterrupt } from "../run-interrupt.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { exitCodeOfResult, showResult } from "./run-ending.ts";

export async function runCommand(call: CommandCall): Promise<number> {
  const { work, options } = await readWork(call);
  await using mesh = await openSession(call);
  const reporter = reporterFor(call.output);
  using interrupt = new RunInterrupt(reporter, call.output);
  const stopServers = mesh.onServer((status) => reporter.server(status));
  try {
    const run = mesh.run(work, options);
    interrupt.watch(run);
    return await follow(run, { mesh, reporter, output: call.output, interrupt });
  } finally {
    stopServers();
    reporter.stop();
  }
}

interface Following {
  readonly mesh: Mesh;
  readonly reporter: RunReporter;
  readonly output: Output;
  readonly interrupt: RunInterrupt;
}

/** Shows the run until it ends; returns the exit code. */
async function follow(run: Run, { mesh, reporter, output, interrupt }: Following): Promise<number> {
  const answer = await stream(run, { reporter, output });
  const result = await run.result;
  reporter.stop();
  await showResult(result, { mesh, output, isAnswerShown: answer.hasBegun && result.status === "succeeded" });
  return exitCodeOfResult(result, interrupt.isInterrupted);
}

/** In a terminal the answer is written as it comes; elsewhere only what is final goes to standard output. */
async function stream(run: Run, { reporter, output }: Pick<Following, "reporter" | "output">): Promise<AnswerStream> {
  const answer = new AnswerStream(output.stdout);
  const isStreaming = output.stdout.isTTY && !output.isJson;
  for await (const signal of run) {
    if (output.isJson) output.jsonLine(signalDocument(signal));
    if (signal.type !== "answer.delta") {
      if (answer.hasBegun) answer.end();
      reporter.signal(signal);
    } else if (isStreaming) {
      reporter.stop();
      answer.write(signal.delta);
    }
  }
  return answer;
}
