/** What the ledger and those who speak to it say to each other. */
import type { Json } from "@agentmesh/core";

/** One effect on the world. */
export interface LedgerEntry {
  readonly run: string;
  readonly task: string;
  /** The idempotency key of the call. */
  readonly key: string;
  /** The name of the tool. */
  readonly tool: string;
  /** What the tool was about to answer. */
  readonly output: Json;
  /** When it was written down. */
  readonly atMs: number;
}

export type LedgerRequest = { readonly entry: Omit<LedgerEntry, "atMs"> } | { readonly run: string };

export interface LedgerAnswer {
  readonly entries: readonly LedgerEntry[];
}
