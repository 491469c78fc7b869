/** Folds what is reserved, used up, exceeded and raised. */
import type { RunEventOf } from "./run-event.ts";
import { enable, type RunState } from "./run-state.ts";
import { endChildren } from "./evolve-ask.ts";
import { recall } from "./task-schedule.ts";

export type BudgetEvent = RunEventOf<"budget.reserved" | "budget.settled" | "budget.exceeded" | "budget.raised">;

export function evolveBudget(state: RunState, event: BudgetEvent): void {
  switch (event.type) {
    case "budget.reserved":
      return reserve(state, event);
    case "budget.settled":
      freeReservation(state, event.reservation);
      state.usage.inputTokens += event.tokens;
      state.usage.costMicroUsd += event.microUsd;
      state.usage.isExact &&= event.tokens === 0;
      return;
    case "budget.exceeded":
      return exceed(state, event);
    case "budget.raised":
      state.limits.set(event.kind, event.limit);
      state.raising = undefined;
      callParkedNode(state);
  }
}

export function freeReservation(state: RunState, id: string | undefined): void {
  const reservation = state.reservations.get(id ?? "");
  if (reservation === undefined) return;
  state.reservations.delete(id ?? "");
  state.reservedTokens -= reservation.tokens;
  state.reservedMicroUsd -= reservation.microUsd;
}

function reserve(state: RunState, { reservation, tokens, microUsd }: RunEventOf<"budget.reserved">): void {
  state.reservations.set(reservation, { tokens, microUsd });
  state.reservationsSoFar++;
  state.reservedTokens += tokens;
  state.reservedMicroUsd += microUsd;
}

/** Time that is up ends what is under way; any other limit lets it end by itself. */
function exceed(state: RunState, event: RunEventOf<"budget.exceeded">): void {
  recall(state);
  if (event.error === undefined) {
    const { kind, limit, used, reserved, needed } = event;
    state.raising = { kind, limit, needed: used + reserved + needed };
    state.isNodeParked = event.caller !== undefined && event.caller === state.openNode?.call;
    return;
  }
  state.status = "stopping";
  state.error = event.error;
  state.raising = undefined;
  if (event.kind === "seconds") enable(state, { type: "cancel-calls" });
  endChildren(state);
}

function callParkedNode(state: RunState): void {
  if (!state.isNodeParked || state.openNode === undefined) return;
  state.isNodeParked = false;
  enable(state, { type: "run-node", node: state.openNode.node, call: state.openNode.call });
}
