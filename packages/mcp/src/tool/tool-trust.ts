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

/** Whether an idempotent tool may still remove or overwrite; MCP takes it for granted where nothing is said. */
function isDestructive(hints: EffectHints, isTrusted: boolean): boolean {
  return effectOf(hints, isTrusted) === "idempotent" && hints.destructiveHint !== false;
}

/** What the operator says of a tool holds; else what its annotations say, as far as they are trusted. */
export function effectsOf(
  hints: EffectHints,
  isTrusted: boolean,
  said: ToolEffect | undefined,
): { readonly effect: ToolEffect; readonly isDestructive?: boolean } {
  if (said !== undefined) return { effect: said };
  const effect = effectOf(hints, isTrusted);
  return isDestructive(hints, isTrusted) ? { effect, isDestructive: true } : { effect };
}

/** Whether its output may hold text of strangers; unknown counts as yes. */
export function isOpenWorld(hints: EffectHints, isTrusted: boolean): boolean {
  return !(isTrusted && hints.openWorldHint === false);
}
