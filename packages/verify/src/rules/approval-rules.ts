/** A question to a person is answered once, and only while it is open. */
import { type JournalEvent, textOf } from "../journal-event.ts";
import type { RunHistory } from "../run-history.ts";
import { type Fault, faultUnless, NO_FAULTS } from "../verification.ts";

export function approvalFaults({ questions }: RunHistory, event: JournalEvent): readonly Fault[] {
  if (!event.type.startsWith("approval.")) return NO_FAULTS;
  const key = textOf(event, "approval");
  const isOpen = questions.has(key);
  if (event.type === "approval.requested")
    return faultUnless(!isOpen, "AM_APPROVAL_TWICE", `"${key}" is asked for while that question is open.`);
  return faultUnless(isOpen, "AM_APPROVAL_UNASKED", `${event.type} for "${key}", which no open question is about.`);
}
