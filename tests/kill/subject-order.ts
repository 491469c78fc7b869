/** What a subject is told to do, as JSON in its one argument. */
import type { Kill } from "./kill-switch.ts";

export interface SubjectOrder {
  /** The socket of the ledger. */
  readonly ledger: string;
  readonly steps: readonly SubjectStep[];
}

export interface SubjectStep {
  /** `start`: begins the run. `finish`: takes a dead one up and sees it through, with the answers of its people. */
  readonly kind: "start" | "finish";
  readonly store: string;
  readonly reference: string;
  /** The name under which the run is found in the store. */
  readonly name: string;
  readonly kill?: Kill;
}

/** What a subject that was not killed says of its last step. */
export interface SubjectReport {
  readonly writes: number;
  readonly calls: number;
}
