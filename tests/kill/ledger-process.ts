/** Starts a ledger and ends it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export class LedgerProcess implements Disposable {
  readonly socketPath: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, socketPath: string) {
    this.#process = process;
    this.socketPath = socketPath;
  }

  /** In a folder that it may fill. */
  static async start(folder: string): Promise<LedgerProcess> {
    const socketPath = join(folder, "ledger.sock");
    const program = join(import.meta.dirname, "ledger.ts");
    const ledger = fork(program, [socketPath, join(folder, "ledger.log")], { silent: true });
    if (ledger.stdout !== null) await once(ledger.stdout, "data");
    return new LedgerProcess(ledger, socketPath);
  }

  [Symbol.dispose](): void {
    this.#process.disconnect();
  }
}
