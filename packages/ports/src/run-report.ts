/** What the run behind a call says of itself when the call is over. */
import type { ChildUsage, Json } from "@agentmesh/core";

export interface RunReport {
  /** Its id, in its own mesh. */
  readonly run: string;
  readonly usage: ChildUsage;
  /** Where its time went, when it is a run of another mesh. */
  readonly spans?: Json;
}
