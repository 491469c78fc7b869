/** `agentmesh replay`: a run as it was shown while it ran, from its journal alone: no server, no model, no configuration. */
import { createInterface } from "node:readline";
import { isTerminal, type RunEvent } from "@agentmesh/core";
import { type Mesh, runResult } from "@agentmesh/runtime";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { signalDocument } from "../documents/signal-document.ts";
import { EXIT } from "../exit-code.ts";
import { PlainReporter } from "../progress/plain-reporter.ts";
import { ReplayClock, replayPauses, type ReplaySpeed } from "../progress/replay-clock.ts";
import { canRedraw, reporterFor, type RunReporter } from "../progress/run-reporter.ts";
import { openStoreSession } from "../session.ts";
import type { Output } from "../terminal/output.ts";
import { showResult } from "./run-ending.ts";
import { runOperand } from "./tell-run.ts";

export async function replayCommand(call: CommandCall): Promise<number> {
  const run = runOperand(call, "replay");
  const toSeq = toSeqOf(call);
  const isStepped = call.options.has("step");
  const speed = speedOf(call);
  await using mesh = await openStoreSession(call);
  const events = await mesh.replay(run, toSeq === undefined ? {} : { toSeq });
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once("SIGINT", stop);
  try {
    const { output } = call;
    const played = isStepped
      ? await step(events, output)
      : await play(events, { speed, output, signal: interrupt.signal });
    return played < events.length && interrupt.signal.aborted
      ? EXIT.interrupted
      : await showEnd(mesh, { run, events: events.slice(0, played), output });
  } finally {
    process.off("SIGINT", stop);
  }
}

interface Playing {
  readonly speed: ReplaySpeed;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** How many events were shown: fewer than there are when it was interrupted. */
async function play(events: readonly RunEvent[], { speed, output, signal }: Playing): Promise<number> {
  const clock = new ReplayClock(events[0]?.atMs ?? 0);
  const reporter = reporterFor(output, clock.nowMs);
  const pauses = replayPauses(
    events.map(({ atMs }) => atMs),
    speed,
  );
  let played = 0;
  try {
    for (const event of events) {
      await clock.pass(event.atMs, pauses[played] ?? 0, signal);
      show(event, reporter, output);
      played++;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    reporter.stop();
  }
  return played;
}

/** One event a line of standard input; its end, or `q`, ends the replay there. */
async function step(events: readonly RunEvent[], output: Output): Promise<number> {
  const reporter = new PlainReporter(output);
  const lines = createInterface({ input: process.stdin });
  const answers = lines[Symbol.asyncIterator]();
  output.say({ style: "dim", text: `${events.length} events. Enter: the next one; q: end.` });
  try {
    for (const [index, event] of events.entries()) {
      const answer = await answers.next();
      if (answer.done === true || answer.value.trim() === "q") return index;
      output.say({ style: "dim", text: `event ${event.seq} ${event.type}` });
      show(event, reporter, output);
    }
    return events.length;
  } finally {
    lines.close();
  }
}

function show(event: RunEvent, reporter: RunReporter, output: Output): void {
  if (output.isJson) output.jsonLine(signalDocument(event));
  reporter.signal(event);
}

interface Replayed {
  readonly run: string;
  readonly events: readonly RunEvent[];
  readonly output: Output;
}

/** What the run came to, if it was replayed up to where it stands still. */
async function showEnd(mesh: Mesh, { run, events, output }: Replayed): Promise<number> {
  const view = await mesh.show(run);
  const last = events.at(-1);
  const isAtRest = last !== undefined && (isTerminal(last) || last.type === "run.suspended");
  if (last?.seq === view.seq && isAtRest)
    await showResult(
      runResult(view, (payload) => mesh.value(payload)),
      { mesh, output, isAnswerShown: false },
    );
  else output.say(`Replayed up to event ${last?.seq ?? 0} of ${view.seq}; the run is ${view.status}.`);
  return EXIT.ok;
}

/** Where nobody watches, nobody waits. Throws UsageError. */
function speedOf({ options, output }: CommandCall): ReplaySpeed {
  const text = options.get("speed")?.at(-1);
  if (text === undefined) return canRedraw(output) ? "fit" : "max";
  if (options.has("step")) throw new UsageError("Give either --speed or --step.", "See: agentmesh replay --help");
  if (text === "max") return text;
  const factor = Number(text);
  if (text.trim() !== "" && Number.isFinite(factor) && factor > 0) return factor;
  throw new UsageError(`--speed ${text} is no factor.`, "1 is as it was, 10 ten times as fast, max without pauses.");
}

/** Throws UsageError. */
function toSeqOf({ options }: CommandCall): number | undefined {
  const text = options.get("to")?.at(-1);
  if (text === undefined) return undefined;
  const seq = Number(text);
  if (Number.isSafeInteger(seq) && seq > 0) return seq;
  throw new UsageError(`--to ${text} is no event.`, "Events are numbered 1, 2, 3...: agentmesh show RUN --events");
}
