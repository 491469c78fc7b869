/** Used and reserved together never exceed a limit, and every reservation is settled once. */
import { childKey } from "../budget-account.ts";
import { type JournalEvent, textOf } from "../journal-event.ts";
import type { RunHistory } from "../run-history.ts";
import { type Fault, faultUnless } from "../verification.ts";

const SETTLING: ReadonlySet<string> = new Set(["budget.settled", "model.called", "model.failed"]);

/** What changes an account. */
const SPENDING: ReadonlySet<string> = new Set([
  ...SETTLING,
  "budget.reserved",
  "budget.raised",
  "task.started",
  "child.started",
  "child.settled",
]);

/** Before the event is folded. */
export function reservationFaults({ budget }: RunHistory, event: JournalEvent): readonly Fault[] {
  const child = childKey(event);
  if (event.type === "child.started")
    return faultUnless(!budget.reservations.has(child), "AM_RESERVED_TWICE", `The ${child} has a run that is open.`);
  if (event.type === "child.settled")
    return faultUnless(budget.reservations.has(child), "AM_NOT_RESERVED", `The ${child} has no run that is open.`);
  const id = textOf(event, "reservation");
  if (event.type === "budget.reserved")
    return faultUnless(!budget.reservations.has(id), "AM_RESERVED_TWICE", `Reservation ${id} is open already.`);
  if (!SETTLING.has(event.type) || id === "") return [];
  return faultUnless(budget.reservations.has(id), "AM_NOT_RESERVED", `Reservation ${id} is not open.`);
}

/** After the event was folded. */
export function limitFaults({ budget }: RunHistory, { type }: JournalEvent): readonly Fault[] {
  if (!SPENDING.has(type)) return [];
  return budget.crossed().map((kind) => ({
    code: "AM_OVER_BUDGET",
    message: `${budget.used[kind]} ${kind} used and ${budget.reserved(kind)} reserved are more than the limit, ${budget.limits.get(kind) ?? 0}.`,
  }));
}
