/** How a download looks: a bar in a terminal, a line for every tenth of it anywhere else. */
import type { PullProgress } from "@agentmesh/models";
import { type Line, renderLine } from "../terminal/line.ts";
import { LiveBlock } from "../terminal/live-block.ts";
import type { Output } from "../terminal/output.ts";

const BAR_COLUMNS = 30;
const REDRAW_MS = 100;
const TENTHS = 10;

export class PullDisplay {
  readonly #output: Output;
  readonly #block: LiveBlock | undefined;
  #drawnAtMs = 0;
  #saidTenth = -1;
  #phase = "";

  constructor(output: Output) {
    this.#output = output;
    this.#block = output.stderr.isTTY && !output.isQuiet ? new LiveBlock(output.stderr) : undefined;
  }

  show(progress: PullProgress): void {
    if (progress.phase === "announce") return;
    if (progress.phase === "wait")
      return this.#output.say(`Waiting for process ${progress.owner}, which fetches it too`);
    this.amount(progress.phase === "download" ? "downloading" : "joining", progress);
  }

  amount(phase: string, { bytes, bytesTotal }: { readonly bytes: number; readonly bytesTotal: number }): void {
    if (phase !== this.#phase) this.#saidTenth = -1;
    this.#phase = phase;
    const part = bytesTotal === 0 ? 0 : Math.min(1, bytes / bytesTotal);
    if (this.#block === undefined) this.#sayTenth(phase, part, bytesTotal);
    else
      this.#draw(this.#block, [
        `${phase} `,
        { style: "cyan", text: barText(part) },
        ` ${megabytes(bytes)} of ${megabytes(bytesTotal)}`,
      ]);
  }

  end(): void {
    this.#block?.close();
  }

  #draw(block: LiveBlock, line: Line): void {
    if (performance.now() - this.#drawnAtMs < REDRAW_MS) return;
    this.#drawnAtMs = performance.now();
    block.draw([renderLine(line, { stream: this.#output.stderr, columns: block.columns - 1 })]);
  }

  #sayTenth(phase: string, part: number, bytesTotal: number): void {
    const tenth = Math.floor(part * TENTHS);
    if (tenth <= this.#saidTenth) return;
    this.#saidTenth = tenth;
    this.#output.say(`${phase} ${tenth * TENTHS} % of ${megabytes(bytesTotal)}`);
  }
}

/** `238 MB` */
export function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function barText(part: number): string {
  const done = Math.round(part * BAR_COLUMNS);
  return "━".repeat(done) + "─".repeat(BAR_COLUMNS - done);
}
