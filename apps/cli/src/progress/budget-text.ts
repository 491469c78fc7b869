/** A budget for people: tokens, dollars, calls and time, each in the unit that one thinks in. */
import type { BudgetLine } from "@agentmesh/core";
import { durationText } from "./duration-text.ts";
import type { Row } from "../terminal/table.ts";

type Kind = BudgetLine["kind"];

const MICRO_USD_PER_USD = 1_000_000;
const USD_DIGITS = 4;

/** `amount` in the unit of events: tokens, millionths of a US dollar, calls, milliseconds. */
export function amountText(kind: Kind, amount: number): string {
  switch (kind) {
    case "tokens":
      return `${amount.toLocaleString("en-US")} tokens`;
    case "usd":
      return `$${(amount / MICRO_USD_PER_USD).toFixed(USD_DIGITS)}`;
    case "calls":
      return `${amount.toLocaleString("en-US")} ${amount === 1 ? "call" : "calls"}`;
    case "seconds":
      return durationText(amount);
  }
}

export function budgetRow({ kind, limit, used, reserved }: BudgetLine): Row {
  const kept = reserved === 0 ? "" : ` + ${amountText(kind, reserved)} reserved`;
  return [
    { style: "dim", text: "budget" },
    kind,
    `${amountText(kind, used)} used${kept}`,
    `of ${amountText(kind, limit)}`,
  ];
}
