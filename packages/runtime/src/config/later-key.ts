/**
 * Keys that the design has and this version has not. They are refused by name: who writes that destructive calls ask
 * first must not believe that they do.
 */
import type { ConfigPath } from "./config-path.ts";

export interface LaterKey {
  readonly path: ConfigPath;
  /** What one does meanwhile, as one sentence. */
  readonly advice: string;
}

export const LATER_KEYS: readonly LaterKey[] = [
  {
    path: ["domains"],
    advice: "All servers are open to every run: leave out of mcpServers what a run must not reach.",
  },
  { path: ["plugins"], advice: "Remove it." },
  {
    path: ["policy", "approve"],
    advice: "Nothing would ask before a call: take such tools away with mcpServers.NAME.tools.deny.",
  },
  { path: ["policy", "budget"], advice: "Nothing would hold the budget: set limits at the vendor." },
];
