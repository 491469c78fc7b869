/** The newest log records, in memory. */
import type { LogRecord } from "./log-record.ts";

export class MemoryLog {
  readonly #recordsMax: number;
  #records: (() => LogRecord)[] = [];

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax;
  }

  /** Oldest first; of one run when it is named. */
  records(run?: string): readonly LogRecord[] {
    const records = this.#records.slice(-this.#recordsMax).map((record) => record());
    return records.filter((record) => run === undefined || record.run === run);
  }

  write(record: () => LogRecord): void {
    this.#records.push(record);
    if (this.#records.length >= 2 * this.#recordsMax) this.#records = this.#records.slice(-this.#recordsMax);
  }
}
