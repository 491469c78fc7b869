/** A task that another tool is put in for: one that the plan was checked with, and never after a call that may have had an effect. */
import { type JournalEvent, textOf } from "../journal-event.ts";
import { elementOf, type RunHistory } from "../run-history.ts";
import { type Fault, faultUnless, NO_FAULTS } from "../verification.ts";

/** Codes of calls whose outcome nobody knows. */
const UNKNOWN: ReadonlySet<string> = new Set([
  "AM_TOOL_TIMEOUT",
  "AM_TOOL_DISCONNECTED",
  "AM_TOOL_PROTOCOL",
  "AM_TOOL_CANCELLED",
  "AM_PROCESS_LOST",
]);

export function routeFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  if (event.type !== "task.routed") return NO_FAULTS;
  const [key, from, to] = [textOf(event, "task"), textOf(event, "from"), textOf(event, "to")];
  const node = history.nodes.get(key) ?? history.nodes.get(elementOf(key)?.group ?? "");
  const isRead = history.effects.get(from) === "read" || node?.effect === "read";
  return [
    ...faultUnless(
      history.effects.has(to) && to !== from,
      "AM_ROUTE_UNCHECKED",
      `"${key}" goes on with "${to}", which its plan was not checked with.`,
    ),
    ...faultUnless(
      isRead || !UNKNOWN.has(textOf(event, "reason")),
      "AM_ROUTE_IN_DOUBT",
      `"${key}" goes on with "${to}" although nobody knows what its call of "${from}" has done.`,
    ),
  ];
}
