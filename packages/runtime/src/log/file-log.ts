/** Log records as lines of JSON, appended to a file. */
import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { dirname } from "node:path";
import { once } from "node:events";
import type { LogRecord } from "./log-record.ts";

export class FileLog {
  readonly #stream: WriteStream;
  /** Why nothing is written any more; a log never stops a run. */
  failure: Error | undefined;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#stream = createWriteStream(path, { flags: "a", mode: 0o600 });
    this.#stream.on("error", (error) => {
      this.failure = error;
    });
  }

  write(record: LogRecord): void {
    if (this.failure === undefined) this.#stream.write(`${JSON.stringify(record)}\n`);
  }

  async close(): Promise<void> {
    if (this.failure !== undefined || this.#stream.closed) return;
    this.#stream.end();
    await once(this.#stream, "close").catch(() => undefined);
  }
}
