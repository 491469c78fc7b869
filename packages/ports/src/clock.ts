/** Time as the shell sees it. The core never reads it: it is told. Tests and the simulator bring their own. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Calls back once, not before `atMs`; returns the way to cancel. */
  at(atMs: number, callback: () => void): () => void;
}
