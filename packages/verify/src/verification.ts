/** What a check of a store has found. */

export interface Violation {
  readonly run: string;
  /** The event at which it shows; 0 for the run as a whole. */
  readonly seq: number;
  readonly code: string;
  readonly message: string;
}

export interface Verification {
  readonly runs: number;
  readonly events: number;
  readonly violations: readonly Violation[];
  /** Nothing is wrong, but somebody may want to know. */
  readonly warnings: readonly Violation[];
}

/** What is wrong at one event. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

export const NO_FAULTS: readonly Fault[] = [];

/** The fault, unless what it denies holds. */
export function faultUnless(isRight: boolean, code: string, message: string): readonly Fault[] {
  return isRight ? NO_FAULTS : [{ code, message }];
}
