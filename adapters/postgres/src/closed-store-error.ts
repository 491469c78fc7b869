/** The store was closed before. */
import { StoreError } from "@agentmesh/ports";

export class ClosedStoreError extends StoreError {
  constructor(place: string) {
    super({
      code: "AM_STORE_UNAVAILABLE",
      message: `The store ${place} is closed.`,
      hint: "Open it again.",
      facts: { place },
    });
  }
}
