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

  readonly #namesRuns: boolean;

  /** `namesRuns`: each line of a run begins with its name, since there are several. */
  constructor(output: Output, { namesRuns = false }: { readonly namesRuns?: boolean } = {}) {
    this.#output = output;
    this.#namesRuns = namesRuns;
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
    if (entry === undefined) return;
    const { line } = entry;
    const named: Line = this.#namesRuns ? [{ style: "dim", text: signal.run }, " ", ...line] : line;
    this.#tell({ ...entry, line: named }, signal.atMs);
  }

  recall(): void {
    // Its lines need nothing that came before.
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
