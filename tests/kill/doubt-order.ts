/** How the outcome of a call gets lost. */
export const LOSSES = ["crash", "timeout", "disconnect"] as const;
/** `crash`: the process that called is killed. `timeout`: the answer never comes. `disconnect`: the server dies. */
export type Loss = (typeof LOSSES)[number];

export interface DoubtOrder {
  readonly store: string;
  /** The socket of the ledger. */
  readonly ledger: string;
  /** The program of the MCP server. */
  readonly server: string;
  readonly loss: Loss;
  /** The run to take up; absent: begin one. */
  readonly run?: string;
}
