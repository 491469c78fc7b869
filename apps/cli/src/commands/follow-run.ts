/** Shows a run while this process drives it, until it is over or suspended; the same for every command that drives one. */
import type { Mesh, Run, RunResult } from "@agentmesh/runtime";
import { signalDocument } from "../documents/signal-document.ts";
import { AnswerStream } from "../progress/answer-stream.ts";
import type { RunReporter } from "../progress/run-reporter.ts";
import type { Output } from "../terminal/output.ts";
import { showResult } from "./run-ending.ts";

export interface Following {
  readonly mesh: Mesh;
  readonly reporter: RunReporter;
  readonly output: Output;
  /** Events up to this one were there before, and are not shown. */
  readonly afterSeq?: number;
  /** Several runs are followed at once: what is said of one must not stop the others. */
  readonly isOneOfSeveral?: boolean;
}

export async function followRun(run: Run, following: Following): Promise<RunResult> {
  const { mesh, reporter, output, isOneOfSeveral = false } = following;
  const hasStreamed = await stream(run, following);
  const result = await run.result;
  if (!isOneOfSeveral) reporter.stop();
  await showResult(result, { mesh, output, isAnswerShown: hasStreamed && result.status === "succeeded" });
  return result;
}

/** In a terminal the answer is written as it comes; elsewhere only what is final goes to standard output. */
async function stream(run: Run, following: Following): Promise<boolean> {
  const { reporter, output, afterSeq = 0 } = following;
  const canStream = await isToStream(run, following);
  const answer = new AnswerStream(output.stdout);
  for await (const signal of run.events({ afterSeq })) {
    if (output.isJson) output.jsonLine(signalDocument(signal));
    if (signal.type !== "answer.delta") {
      if (answer.hasBegun) answer.end();
      reporter.signal(signal);
    } else if (canStream) {
      reporter.stop();
      answer.write(signal.delta);
    }
  }
  return answer.hasBegun;
}

/** Text that came before anybody listened is lost: then the answer is shown as a whole, at the end. */
async function isToStream(
  run: Run,
  { mesh, output, afterSeq = 0, isOneOfSeveral = false }: Following,
): Promise<boolean> {
  if (!output.stdout.isTTY || output.isJson || isOneOfSeveral) return false;
  if (afterSeq === 0) return true;
  const missed = await mesh.events(run.id, { afterSeq });
  return !missed.some((event) => event.type === "node.started" && event.node === "composer");
}
