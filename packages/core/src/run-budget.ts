/** What a run may still use up, limit by limit: used + reserved never exceeds a limit (promise 7). */
import type { BudgetKind } from "./run-event.ts";
import type { RunPolicy } from "./run-policy.ts";
import type { RunState } from "./run-state.ts";

export interface BudgetLine {
  readonly kind: BudgetKind;
  readonly limit: number;
  readonly used: number;
  readonly reserved: number;
}

const MICRO_USD_PER_USD = 1_000_000;
const MS_PER_SECOND = 1_000;

/** The limits of a policy in the units of events: tokens, millionths of a dollar, calls, milliseconds. */
export function limitsOf({ budget = {} }: RunPolicy): ReadonlyMap<BudgetKind, number> {
  const { tokens, usd, calls, seconds } = budget;
  const limits: readonly (readonly [BudgetKind, number | undefined])[] = [
    ["tokens", tokens],
    ["usd", usd === undefined ? undefined : Math.floor(usd * MICRO_USD_PER_USD)],
    ["calls", calls],
    ["seconds", seconds === undefined ? undefined : Math.floor(seconds * MS_PER_SECOND)],
  ];
  return new Map(limits.flatMap(([kind, limit]) => (limit === undefined ? [] : [[kind, limit] as const])));
}

/** Undefined: there is no such limit. */
export function budgetLine(state: RunState, kind: BudgetKind, nowMs: number): BudgetLine | undefined {
  const limit = state.limits.get(kind);
  if (limit === undefined) return undefined;
  const { usage } = state;
  switch (kind) {
    case "tokens":
      return { kind, limit, used: usage.inputTokens + usage.outputTokens, reserved: state.reservedTokens };
    case "usd":
      return { kind, limit, used: usage.costMicroUsd, reserved: state.reservedMicroUsd };
    case "calls":
      return { kind, limit, used: usage.toolCalls, reserved: state.reservedCalls };
    case "seconds":
      return { kind, limit, used: activeMsAt(state, nowMs), reserved: 0 };
  }
}

/** How much of a limit is free; Infinity without one. */
export function leftOf(state: RunState, kind: BudgetKind, nowMs: number): number {
  const line = budgetLine(state, kind, nowMs);
  return line === undefined ? Number.POSITIVE_INFINITY : line.limit - line.used - line.reserved;
}

/** How long the run was not suspended. */
export function activeMsAt(state: RunState, nowMs: number): number {
  const isActive = state.status !== "suspended" && state.activeSinceMs > 0;
  return state.activeMs + (isActive ? Math.max(0, nowMs - state.activeSinceMs) : 0);
}

/** The instant at which its time is used up; Infinity without a limit, or while a person is asked for more. */
export function deadlineMs(state: RunState): number {
  const limit = state.limits.get("seconds");
  if (limit === undefined || state.raising !== undefined || state.status !== "running") return Number.POSITIVE_INFINITY;
  return state.activeSinceMs + limit - state.activeMs;
}
