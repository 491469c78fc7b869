/**
 * Keys that the design has and this version has not. They are refused by name: who writes one must not
 * believe that it does something.
 */
import type { ConfigPath } from "./config-path.ts";

export interface LaterKey {
  readonly path: ConfigPath;
  /** What one does meanwhile, as one sentence. */
  readonly advice: string;
}

export const LATER_KEYS: readonly LaterKey[] = [{ path: ["plugins"], advice: "Remove it." }];
