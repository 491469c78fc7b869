/** Reserved before, settled after: what happens when a limit would be crossed, and when a person raises it. */
import type { ErrorRecord } from "./error-record.ts";
import { isJsonObject } from "./json.ts";
import type { Payload } from "./payload.ts";
import { budgetLine, leftOf, limitsOf } from "./run-budget.ts";
import type { BudgetKind, RunEventDraft } from "./run-event.ts";
import type { ModelReservingInput } from "./run-input.ts";
import type { RunState } from "./run-state.ts";

type Draft = RunEventDraft;

/** What would cross a limit. */
export interface Need {
  readonly kind: BudgetKind;
  readonly needed: number;
  /** The node call or task attempt that needs it. */
  readonly caller?: string;
}

const UNITS: Readonly<Record<BudgetKind, string>> = {
  tokens: "tokens",
  usd: "millionths of a US dollar",
  calls: "tool calls",
  seconds: "milliseconds",
};

export function decideReserve(state: RunState, input: ModelReservingInput, nowMs: number): readonly Draft[] {
  if (state.status !== "running" || state.asks.has("budget")) return [];
  const { caller, tokens, microUsd } = input;
  if (tokens > leftOf(state, "tokens", nowMs)) return exceed(state, { kind: "tokens", needed: tokens, caller }, nowMs);
  if (microUsd > leftOf(state, "usd", nowMs)) return exceed(state, { kind: "usd", needed: microUsd, caller }, nowMs);
  return [{ type: "budget.reserved", reservation: `m${state.reservationsSoFar + 1}`, caller, tokens, microUsd }];
}

/** A limit is reached: a person is asked for more, or the run stops. */
export function exceed(state: RunState, need: Need, nowMs: number): readonly Draft[] {
  const line = budgetLine(state, need.kind, nowMs);
  if (line === undefined || state.status !== "running" || state.asks.has("budget")) return [];
  const exceeded: Draft = { type: "budget.exceeded", ...line, ...need };
  if (state.policy?.budget?.onExceeded !== "ask") return [{ ...exceeded, error: exceededError(line, need) }];
  const message = `The budget of ${line.limit} ${UNITS[need.kind]} is used up; ${need.needed} more are needed.`;
  return [exceeded, { type: "approval.requested", approval: "budget", subject: "budget", message }];
}

/** A person has refused more: the run stops. */
export function outOfBudget(state: RunState, nowMs: number): readonly Draft[] {
  const { raising } = state;
  const line = raising === undefined ? undefined : budgetLine(state, raising.kind, nowMs);
  if (raising === undefined || line === undefined) return [];
  const need = { kind: raising.kind, needed: raising.needed };
  return [{ type: "budget.exceeded", ...line, ...need, error: exceededError(line, need) }];
}

/** As much again as the policy gave, or the limit that the person names as `{ "limit": N }`; always enough for what waits. */
export function budgetRaise(state: RunState, args: Payload | undefined): readonly Draft[] {
  const { raising, policy } = state;
  if (raising === undefined || policy === undefined) return [];
  const named = isJsonObject(args?.value) ? args.value["limit"] : undefined;
  const more = raising.limit + (limitsOf(policy).get(raising.kind) ?? 0);
  const limit = typeof named === "number" && Number.isInteger(named) ? named : more;
  return [{ type: "budget.raised", kind: raising.kind, limit: Math.max(limit, raising.needed) }];
}

function exceededError(
  line: { readonly limit: number; readonly used: number; readonly reserved: number },
  { kind, needed }: Need,
): ErrorRecord {
  const isTime = kind === "seconds";
  return {
    code: isTime ? "AM_DEADLINE_EXCEEDED" : "AM_BUDGET_EXCEEDED",
    message: isTime
      ? `The run was stopped after ${line.limit} ms, as its budget says.`
      : `The run was stopped: of ${line.limit} ${UNITS[kind]} ${line.used} are used and ${line.reserved} reserved, and ${needed} more would be too many.`,
    hint: `Raise policy.budget.${kind}, or let a person decide with policy.budget.onExceeded: ask.`,
    facts: { kind, limit: line.limit, used: line.used, reserved: line.reserved, needed },
  };
}
