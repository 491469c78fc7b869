/**
 * Keys that the design has and this version has not. They are refused by name: who writes that a run reaches
 * some servers only must not believe that it does.
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
];
