/** A live block for a terminal: what runs now, drawn at most ten times a second; what is finished scrolls up and stays. */
import type { ServerStatus } from "@agentmesh/ports";
import type { RunSignal } from "@agentmesh/runtime";
import { type Line, renderLine } from "../terminal/line.ts";
import { LiveBlock } from "../terminal/live-block.ts";
import type { Output } from "../terminal/output.ts";
import { type EventLine, eventLine, serverLine } from "./event-line.ts";
import { liveLines } from "./live-lines.ts";
import type { RunReporter } from "./run-reporter.ts";
import { statusMark } from "./status-mark.ts";
import { TaskBoard } from "./task-board.ts";

const REDRAW_MS = 100;

export class LiveReporter implements RunReporter {
  readonly #output: Output;
  readonly #block: LiveBlock;
  readonly #board = new TaskBoard();
  readonly #connecting = new Set<string>();
  readonly #saidOf = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  readonly #nowMs: () => number;
  #finished: string[] = [];
  #isStopped = false;

  /** `nowMs`: another time than now, for a run that is replayed. */
  constructor(output: Output, nowMs: () => number = Date.now) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#block = new LiveBlock(output.stderr);
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS).unref();
  }

  server(status: ServerStatus): void {
    if (status.state === "connecting") this.#connecting.add(status.server);
    else this.#connecting.delete(status.server);
    const entry = serverLine(status);
    const said = JSON.stringify(entry?.line);
    if (entry === undefined || this.#saidOf.get(status.server) === said) return;
    this.#saidOf.set(status.server, said);
    this.#tell(entry);
  }

  signal(signal: RunSignal): void {
    this.#board.take(signal);
    const entry = eventLine(signal);
    if (entry === undefined || entry.kind === "start") return;
    if (entry.kind !== "detail" || this.#output.isVerbose) this.#tell(entry);
  }

  recall(signal: RunSignal): void {
    this.#board.recall(signal);
  }

  say(line: Line): void {
    this.#print(line);
  }

  stop(): void {
    if (this.#isStopped) return;
    clearInterval(this.#timer);
    this.#block.draw([], this.#finished);
    this.#finished = [];
    this.#block.close();
    this.#isStopped = true;
  }

  #tell({ status, line }: EventLine): void {
    this.#print([statusMark(status), " ", ...line]);
  }

  #print(line: Line): void {
    if (this.#isStopped) this.#output.say(...line);
    else this.#finished.push(renderLine(line, { stream: this.#output.stderr }));
  }

  #draw(): void {
    const { columns, linesMax } = this.#block;
    const lines = liveLines(this.#board, { connecting: [...this.#connecting], linesMax, nowMs: this.#nowMs() });
    const rendered = lines.map((line) => renderLine(line, { stream: this.#output.stderr, columns: columns - 1 }));
    this.#block.draw(rendered, this.#finished);
    this.#finished = [];
  }
}
