/** What is measured: something that carries out rounds of steps and keeps each on a disk before the next one begins. */

/** How a step ends: in the same turn, by a timer, or when the system has answered. */
export const STEP_ENDS = ["now", "timer", "io"] as const;
export type StepEnd = (typeof STEP_ENDS)[number];

export interface Workload {
  /** Runs at once, each a chain. */
  readonly runs: number;
  /** Of each run. */
  readonly steps: number;
  readonly end: StepEnd;
  /** What a step gives, beside its number; 0: nothing. */
  readonly outputBytes: number;
}

export interface Subject extends AsyncDisposable {
  /** All runs, once. Returns how many steps were carried out. */
  readonly round: () => Promise<number>;
  /** Of the subject's whole life. */
  readonly commits: () => number;
  /** Bytes on the disk, of the subject's whole life. Absent where they are not in a file of ours. */
  readonly bytes?: () => number;
}
