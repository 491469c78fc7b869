/** Checks the journal of one run, row by row. A row that cannot be read ends only what needs the whole history. */
import { ChecksumChain } from "./checksum-chain.ts";
import { isTerminalType, type JournalEvent, payloadsOf, readEvent } from "./journal-event.ts";
import { PayloadCheck, type ReadBlob } from "./payload-check.ts";
import { approvalFaults } from "./rules/approval-rules.ts";
import { type ReadSource, reuseFaults } from "./rules/reuse-rules.ts";
import { cacheFaults } from "./rules/cache-rules.ts";
import { limitFaults, reservationFaults } from "./rules/budget-rules.ts";
import { runFaults } from "./rules/run-rules.ts";
import { routeFaults } from "./rules/route-rules.ts";
import { taskFaults } from "./rules/task-rules.ts";
import { RunHistory } from "./run-history.ts";
import type { StoredRow, StoredRun } from "./stored-row.ts";
import type { Fault, Violation } from "./verification.ts";

export interface VerifyRunRequest {
  readonly run: StoredRun;
  /** In order. What iterating throws is told as a violation. */
  readonly rows: Iterable<StoredRow>;
  readonly readBlob: ReadBlob;
  /** Reads events of the run that this one is forked off; absent: it is not in the store. */
  readonly readSource?: ReadSource;
}

export interface RunVerification {
  readonly events: number;
  readonly violations: readonly Violation[];
}

/** What the status of a run's row follows from. */
const STATUS_AFTER: Readonly<Record<string, string>> = {
  "run.suspended": "suspended",
  "run.resumed": "running",
  "run.succeeded": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
};

export function verifyRun(request: VerifyRunRequest, payloads = new PayloadCheck(request.readBlob)): RunVerification {
  const { run, rows, readSource = () => "gone" } = request;
  const check = new RunCheck(run, payloads, readSource);
  try {
    for (const row of rows) check.see(row);
  } catch (error) {
    check.unreadable(error instanceof Error ? error.message : String(error));
  }
  return check.result();
}

class RunCheck {
  readonly #run: StoredRun;
  readonly #payloads: PayloadCheck;
  readonly #chain: ChecksumChain;
  readonly #history = new RunHistory();
  readonly #violations: Violation[] = [];
  readonly #readSource: ReadSource;
  #events = 0;
  #seq = 0;
  /** False once something is missing or unreadable: what depends on all that came before is not known any more. */
  #isWhole = true;
  #status = "running";
  #ends = 0;

  constructor(run: StoredRun, payloads: PayloadCheck, readSource: ReadSource) {
    this.#run = run;
    this.#readSource = readSource;
    this.#payloads = payloads;
    this.#chain = new ChecksumChain(run.id);
  }

  see(row: StoredRow): void {
    this.#events++;
    this.#seq = row.seq;
    this.#report(this.#chain.faults(row));
    if (this.#chain.hasGap) this.#isWhole = false;
    this.#status = STATUS_AFTER[row.type] ?? this.#status;
    if (isTerminalType(row.type)) this.#countEnd();
    const event = readEvent(row);
    if (typeof event === "string") return this.#corrupt(event);
    this.#report(payloadsOf(event).flatMap((payload) => this.#payloads.faults(payload)));
    if (row.seq === 1 && row.type === "run.created") this.#compareRow(event);
    if (this.#isWhole) this.#fold(event);
  }

  unreadable(reason: string): void {
    this.#isWhole = false;
    this.#seq++;
    this.#report([{ code: "AM_STORE_DAMAGED", message: `What follows cannot be read from the file: ${reason}` }]);
    this.#seq = Number.NaN;
  }

  result(): RunVerification {
    const { status } = this.#run;
    if (this.#events === 0 && !Number.isNaN(this.#seq)) this.#reportRun("AM_RUN_EMPTY", "It has no events.");
    else if (!Number.isNaN(this.#seq) && this.#status !== status)
      this.#reportRun("AM_RUN_STATUS", `Its row says ${status}, its events say ${this.#status}.`);
    return { events: this.#events, violations: this.#violations };
  }

  #fold(event: JournalEvent): void {
    const history = this.#history;
    const faults = [
      ...runFaults(history, event),
      ...taskFaults(history, event),
      ...routeFaults(history, event),
      ...reuseFaults(history, event, this.#readSource),
      ...approvalFaults(history, event),
      ...reservationFaults(history, event),
      ...cacheFaults(history, event),
    ];
    history.apply(event);
    this.#report([...faults, ...limitFaults(history, event)]);
  }

  #corrupt(reason: string): void {
    const rest = this.#isWhole ? " What depends on it is not checked any further." : "";
    this.#isWhole = false;
    this.#report([{ code: "AM_EVENT_CORRUPT", message: `The event cannot be read: ${reason}.${rest}` }]);
  }

  /** For journals with holes too; in whole ones every event after the end is told. */
  #countEnd(): void {
    this.#ends++;
    if (this.#ends > 1) this.#report([{ code: "AM_SECOND_END", message: "The run has ended before." }]);
  }

  #compareRow({ atMs, fields }: JournalEvent): void {
    const { createdMs, tenant, name } = this.#run;
    if (createdMs === atMs && tenant === fields["tenant"] && name === fields["name"]) return;
    this.#reportRun("AM_RUN_ROW", "Its row and its first event disagree on tenant, name or time.");
  }

  #report(faults: readonly Fault[]): void {
    for (const { code, message } of faults) this.#violations.push({ run: this.#run.id, seq: this.#seq, code, message });
  }

  #reportRun(code: string, message: string): void {
    this.#violations.push({ run: this.#run.id, seq: 0, code, message });
  }
}
