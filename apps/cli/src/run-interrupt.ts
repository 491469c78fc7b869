/** Ctrl-C during a run: the first one cancels it in an orderly way, the second one leaves at once. */
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
  #run: Run | undefined;

  /** Listens from now on: before the run starts, so that no Ctrl-C falls between. */
  constructor(reporter: RunReporter, output: Output) {
    this.#reporter = reporter;
    this.#output = output;
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** The run that is cancelled. */
  watch(run: Run): void {
    this.#run = run;
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  #interrupt(): void {
    if (this.isInterrupted) process.exit(EXIT.interrupted);
    this.isInterrupted = true;
    const run = this.#run;
    if (run?.view === undefined) return this.#leaveBeforeStart();
    const look = `Look at it with: agentmesh show ${run.id}`;
    this.#reporter.say([`Cancelling ${run.id}; press Ctrl-C again to leave at once. ${look}`]);
    run.cancel("interrupted");
  }

  /** Servers still connect, nothing is stored or called: there is nothing to wait for. */
  #leaveBeforeStart(): never {
    this.#reporter.stop();
    reportError(new NotStartedError(), this.#output);
    process.exit(EXIT.interrupted);
  }
}
