/** The runs that a run of this mesh has started, as its driver reaches them. */
import type { ChildReport, RunOutline } from "@agentmesh/core";

export interface ChildRuns {
  /** The id of the run behind a call: it follows from the call's key, so whoever makes the call again finds the same run. */
  idOf(tenant: string, idempotencyKey: string): string;
  /** Whether it waits for somebody, and nobody has come yet. */
  isWaiting(child: string): Promise<boolean>;
  /** A run of this process is over: whoever has started it may have to be told. */
  ended(outline: RunOutline): void;
  /** Tells `parent` that it goes on, at once when it does already. Whoever ends a wait of it tells by itself. */
  watch(parent: string, child: string): void;
  /** Tells it to end; resolves once it has, or cannot be waited for. Never rejects. */
  end(child: string): Promise<ChildReport | undefined>;
}
