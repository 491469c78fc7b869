/** `agentmesh run`: a goal or a plan file in, its answer or output out, everything on the way shown. */
import type { Mesh, Run } from "@agentmesh/runtime";
import type { CommandCall } from "../command-call.ts";
import { readWork } from "../documents/work.ts";
import { onInterrupt } from "../interrupt.ts";
import { AnswerStream } from "../progress/answer-stream.ts";
import { reporterFor, type RunReporter } from "../progress/run-reporter.ts";
import { openSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { exitCodeOfResult, showResult } from "./run-ending.ts";

export async function runCommand(call: CommandCall): Promise<number> {
  const { work, options } = await readWork(call);
  await using mesh = await openSession(call);
  const reporter = reporterFor(call.output);
  const stopServers = mesh.onServer((status) => reporter.server(status));
  try {
    return await follow(mesh.run(work, options), { mesh, reporter, output: call.output });
  } finally {
    stopServers();
    reporter.stop();
  }
}

interface Following {
  readonly mesh: Mesh;
  readonly reporter: RunReporter;
  readonly output: Output;
}

/** Shows the run until it ends; returns the exit code. */
async function follow(run: Run, { mesh, reporter, output }: Following): Promise<number> {
  let isInterrupted = false;
  const stopInterrupts = onInterrupt(() => {
    isInterrupted = true;
    reporter.say([
      `Cancelling ${run.id}; press Ctrl-C again to leave at once. Look at it with: agentmesh show ${run.id}`,
    ]);
    run.cancel("interrupted");
  });
  try {
    const answer = await stream(run, { reporter, output });
    const result = await run.result;
    reporter.stop();
    await showResult(result, { mesh, output, isAnswerShown: answer.hasBegun && result.status === "succeeded" });
    return exitCodeOfResult(result, isInterrupted);
  } finally {
    stopInterrupts();
  }
}

/** In a terminal the answer is written as it comes; elsewhere only what is final goes to standard output. */
async function stream(run: Run, { reporter, output }: Pick<Following, "reporter" | "output">): Promise<AnswerStream> {
  const answer = new AnswerStream(output.stdout);
  const isStreaming = output.stdout.isTTY && !output.isJson;
  for await (const signal of run) {
    if (output.isJson) output.jsonLine(signal);
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
