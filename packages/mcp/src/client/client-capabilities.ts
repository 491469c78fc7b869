/** What a server is told that it may ask or answer. In the newer era that is said with each call, before it for the older ones. */
import type { ClientCapabilities } from "@modelcontextprotocol/client";

/** SEP-2663. */
export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

export interface Offers {
  /** A person can be asked. */
  readonly canAsk: boolean;
  readonly roots: readonly string[];
}

/** Of a whole connection. */
export function connectionCapabilities({ canAsk, roots }: Offers): ClientCapabilities {
  return {
    ...(canAsk ? { elicitation: { form: {}, url: {} } } : {}),
    ...(roots.length === 0 ? {} : { roots: {} }),
  };
}

/** Of one call; the tool may also run as a task. */
export function callCapabilities(offers: Offers): ClientCapabilities {
  return { ...connectionCapabilities(offers), extensions: { [TASKS_EXTENSION]: {} } };
}
