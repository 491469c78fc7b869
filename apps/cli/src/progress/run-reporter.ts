/** Tells people how a run goes on: as a live block in a terminal, as plain lines anywhere else. */
import type { ServerStatus } from "@agentmesh/ports";
import type { RunSignal } from "@agentmesh/runtime";
import type { Line } from "../terminal/line.ts";
import type { Output } from "../terminal/output.ts";
import { LiveReporter } from "./live-reporter.ts";
import { PlainReporter } from "./plain-reporter.ts";

export interface RunReporter {
  server(status: ServerStatus): void;
  signal(signal: RunSignal): void;
  /** What happened before this process took the run up: known from now on, told in no line. */
  recall(signal: RunSignal): void;
  /** A line of the command itself. */
  say(line: Line): void;
  /** Nothing more is shown; what was said stays. May be called again. */
  stop(): void;
}

/** `nowMs`: what time it is for the run that is shown; absent: now. */
export function reporterFor(output: Output, nowMs?: () => number): RunReporter {
  return canRedraw(output) ? new LiveReporter(output, nowMs) : new PlainReporter(output);
}

/** Not where two streams would write over each other, nor where a log is kept. */
export function canRedraw({ stderr, stdout, isJson, isQuiet }: Output): boolean {
  if (isQuiet || !stderr.isTTY || (isJson && stdout.isTTY)) return false;
  const { TERM, CI } = process.env;
  return TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false");
}
