/** What is believed of a tool's annotations: nothing, unless the operator trusts the server (promise 3). */
import type { ToolEffect } from "@agentmesh/core";

export interface EffectHints {
  readonly readOnlyHint?: boolean | undefined;
  readonly idempotentHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
  readonly openWorldHint?: boolean | undefined;
}

/** The worst that a call may do. Without trust, or without hints, it may do anything. */
export function effectOf(hints: EffectHints, isTrusted: boolean): ToolEffect {
  if (!isTrusted) return "destructive";
  if (hints.readOnlyHint === true) return "read";
  if (hints.idempotentHint === true) return "idempotent";
  return hints.destructiveHint === false ? "write" : "destructive";
}

/** Whether its output may hold text of strangers; unknown counts as yes. */
export function isOpenWorld(hints: EffectHints, isTrusted: boolean): boolean {
  return !(isTrusted && hints.openWorldHint === false);
}
