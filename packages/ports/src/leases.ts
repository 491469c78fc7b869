/** One owner per run: only it appends. The owner is one opening of the store, not a process: two openings in one process are two. */
export interface Leases {
  /**
   * Takes the run for this opening of the store; false when there is no such run. Throws RunOwnedError while a living
   * owner has it, also when that is this very opening. An owner lives until its lease ends; one on this machine whose
   * process is gone is dead at once. Each claim raises the run's epoch: appends of the owner before are refused with
   * JournalConflictError from then on. Read the run after claiming it, not before.
   */
  claim(run: string): Promise<boolean>;
  /** Gives the run back, after what was appended before; does nothing when it is not held. One that a failure has broken is forgotten. */
  release(run: string): Promise<void>;
}
