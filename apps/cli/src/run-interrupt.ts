/** Ctrl-C during runs: the first one cancels them in an orderly way, the second one leaves at once. */
import type { Run } from "@agentmesh/runtime";
import { EXIT } from "./exit-code.ts";
import { NotStartedError } from "./not-started-error.ts";
import type { RunReporter } from "./progress/run-reporter.ts";
import type { Output } from "./terminal/output.ts";
import { reportError } from "./terminal/report-error.ts";

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export class RunInterrupt implements Disposable {
  isInterrupted = false;
  readonly #reporter: RunReporter;
  readonly #output: Output;
  readonly #listener = (): void => this.#interrupt();
  readonly #existing: string | undefined;
  readonly #runs: Run[] = [];

  /**
   * Listens from now on: before the run starts, so that no Ctrl-C falls between. `existing`: the run that is to go on,
   * where it is not a new one.
   */
  constructor(reporter: RunReporter, output: Output, existing?: string) {
    this.#reporter = reporter;
    this.#output = output;
    this.#existing = existing;
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** A run that is cancelled. */
  watch(run: Run): void {
    this.#runs.push(run);
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  #interrupt(): void {
    if (this.isInterrupted) process.exit(EXIT.interrupted);
    this.isInterrupted = true;
    if (this.#runs.every((run) => run.view === undefined)) return this.#leaveBeforeStart();
    for (const run of this.#runs) this.#cancel(run);
  }

  #cancel(run: Run): void {
    if (run.view !== undefined && !run.isDriven) return;
    const look = `Look at it with: agentmesh show ${run.id}`;
    this.#reporter.say([`Cancelling ${run.id}; press Ctrl-C again to leave at once. ${look}`]);
    run.cancel("interrupted");
  }

  /** Servers still connect, nothing new is stored or called: there is nothing to wait for. */
  #leaveBeforeStart(): never {
    this.#reporter.stop();
    reportError(new NotStartedError(this.#existing), this.#output);
    process.exit(EXIT.interrupted);
  }
}
