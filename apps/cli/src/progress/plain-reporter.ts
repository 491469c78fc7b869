/** One line per step on standard error, each with the time of day. */
import type { ServerStatus } from "@agentmesh/ports";
import type { RunSignal } from "@agentmesh/runtime";
import type { Line } from "../terminal/line.ts";
import type { Output } from "../terminal/output.ts";
import { clockText } from "./duration-text.ts";
import { type EventLine, eventLine, serverLine } from "./event-line.ts";
import type { RunReporter } from "./run-reporter.ts";

export class PlainReporter implements RunReporter {
  readonly #output: Output;
  /** By server, what was said last: a status comes more than once. */
  readonly #saidOf = new Map<string, string>();

  constructor(output: Output) {
    this.#output = output;
  }

  server(status: ServerStatus): void {
    const entry = serverLine(status);
    const said = JSON.stringify(entry?.line);
    if (entry === undefined || this.#saidOf.get(status.server) === said) return;
    this.#saidOf.set(status.server, said);
    this.#tell(entry, Date.now());
  }

  signal(signal: RunSignal): void {
    const entry = eventLine(signal);
    if (entry !== undefined) this.#tell(entry, signal.atMs);
  }

  say(line: Line): void {
    this.#output.say(`${clockText(Date.now())} `, ...line);
  }

  stop(): void {
    // Every line is out already.
  }

  #tell({ line, kind }: EventLine, atMs: number): void {
    if (kind !== "detail" || this.#output.isVerbose) this.#output.say(`${clockText(atMs)} `, ...line);
  }
}
