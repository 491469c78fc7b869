/** Speaks to the ledger: writes effects down, and asks what was done. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { LedgerAnswer, LedgerEntry, LedgerRequest } from "./ledger-entry.ts";

export class LedgerClient {
  readonly #socket: Socket;
  /** Answers come in the order of the requests. */
  readonly #waiting: ((answer: LedgerAnswer) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on("line", (line) => {
      this.#waiting.shift()?.(JSON.parse(line) as LedgerAnswer);
    });
  }

  static async open(path: string): Promise<LedgerClient> {
    const socket = connect(path);
    await once(socket, "connect");
    return new LedgerClient(socket);
  }

  /** Resolves once it is on the disk. */
  async record(entry: Omit<LedgerEntry, "atMs">): Promise<void> {
    await this.#ask({ entry });
  }

  async entriesOf(run: string): Promise<readonly LedgerEntry[]> {
    return (await this.#ask({ run })).entries;
  }

  close(): void {
    this.#socket.destroy();
  }

  #ask(request: LedgerRequest): Promise<LedgerAnswer> {
    const { promise, resolve } = Promise.withResolvers<LedgerAnswer>();
    this.#waiting.push(resolve);
    this.#socket.write(`${JSON.stringify(request)}\n`);
    return promise;
  }
}
