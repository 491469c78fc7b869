/** The life of a run: how it begins, pauses, is cancelled and ends. */
import { isTerminalType, type JournalEvent, textOf } from "../journal-event.ts";
import type { RunHistory } from "../run-history.ts";
import { type Fault, faultUnless, NO_FAULTS } from "../verification.ts";

/** What begins something, and so never follows a cancellation, or a limit that stops the run. */
const BEGINNINGS: ReadonlySet<string> = new Set([
  "task.started",
  "task.waiting",
  "task.expanded",
  "node.started",
  "approval.requested",
  "budget.reserved",
]);

export function runFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  if (history.phase === "over") return [{ code: "AM_AFTER_END", message: `${event.type} follows the end of the run.` }];
  return [
    ...beginningFaults(history, event),
    ...endingFaults(history, event),
    ...pauseFaults(history, event),
    ...nodeFaults(history, event),
    ...(isTerminalType(event.type) ? endFaults(history, event) : []),
  ];
}

function beginningFaults({ phase }: RunHistory, { type, seq }: JournalEvent): readonly Fault[] {
  if (seq === 1)
    return faultUnless(type === "run.created", "AM_FIRST_EVENT", `The first event is ${type}, not run.created.`);
  if (type === "run.created") return [{ code: "AM_FIRST_EVENT", message: "The run is created a second time." }];
  const isStart = type === "run.started";
  return faultUnless(isStart === (seq === 2), "AM_FIRST_EVENT", `${type} cannot be event ${seq} (${phase}).`);
}

function endingFaults({ phase, isCancelRequested }: RunHistory, event: JournalEvent): readonly Fault[] {
  const { type } = event;
  const isChildWait = type === "task.waiting" && event.fields["for"] === "child"; // it goes on with what had started
  if (!BEGINNINGS.has(type) || isChildWait) return NO_FAULTS;
  const afterCancel = faultUnless(!isCancelRequested, "AM_AFTER_CANCEL", `${type} follows the request to cancel.`);
  const afterStop = faultUnless(phase !== "stopping", "AM_AFTER_STOP", `${type} follows the limit that stops the run.`);
  return [...afterCancel, ...afterStop];
}

/** A run that waits does nothing by itself, and waits for something that has a name. */
function pauseFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  const { phase } = history;
  if (phase === "suspended")
    return faultUnless(
      event.type === "run.resumed" || event.type === "run.cancel_requested",
      "AM_NOT_RESUMED",
      `${event.type} happens while the run is suspended.`,
    );
  if (event.type === "run.resumed")
    return faultUnless(
      event.fields["cause"] === "recovered",
      "AM_NOT_SUSPENDED",
      "The run is resumed, and was not suspended.",
    );
  return event.type === "run.suspended" ? suspensionFaults(history, event) : NO_FAULTS;
}

function suspensionFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  const named = event.fields["tasks"] as readonly unknown[];
  const unknown = named.filter((key) => !waitsNow(history, String(key)));
  const reason = textOf(event, "reason");
  return [
    ...faultUnless(history.open.size === 0, "AM_SUSPENDED_BUSY", `${[...history.open].join(", ")} is under way.`),
    ...faultUnless(unknown.length === 0, "AM_NOT_WAITING", `${unknown.join(", ")} does not wait for anything.`),
    ...faultUnless(
      isReason(history, reason),
      "AM_WAITS_FOR_NOTHING",
      `The run waits for "${reason}", and nothing of that kind is open.`,
    ),
  ];
}

function waitsNow({ inDoubt, questions, waiting }: RunHistory, key: string): boolean {
  return inDoubt.has(key) || questions.has(key) || waiting.has(key);
}

function isReason(history: RunHistory, reason: string): boolean {
  if (reason === "in_doubt") return history.inDoubt.size > 0;
  if (reason === "approval") return history.questions.size > 0;
  return [...history.waiting].some((key) => history.task(key)?.waitKind === reason);
}

function nodeFaults({ openNode }: RunHistory, event: JournalEvent): readonly Fault[] {
  const call = textOf(event, "call");
  if (event.type === "node.started")
    return faultUnless(openNode === undefined, "AM_NODES_OVERLAP", `${openNode ?? ""} is open when ${call} starts.`);
  if (event.type !== "node.succeeded" && event.type !== "node.failed") return NO_FAULTS;
  return faultUnless(openNode === call, "AM_NODE_NOT_OPEN", `${call} ends, but ${openNode ?? "no node"} is open.`);
}

function endFaults(history: RunHistory, event: JournalEvent): readonly Fault[] {
  const isCancelled = event.type === "run.cancelled";
  return [
    ...faultUnless(
      isCancelled === history.isCancelRequested,
      "AM_WRONG_END",
      isCancelled ? "Nobody has asked to cancel the run." : `A run that was to be cancelled ends with ${event.type}.`,
    ),
    ...faultUnless(
      history.open.size === 0,
      "AM_OPEN_AT_END",
      `The run ends while ${[...history.open].join(", ")} is under way.`,
    ),
    ...faultUnless(
      [...history.waiting].every((key) => history.task(key)?.waitKind !== "child"),
      "AM_OPEN_AT_END",
      "The run ends while a run that it has started is not over.",
    ),
    ...faultUnless(
      history.openNode === undefined,
      "AM_OPEN_AT_END",
      `The run ends while ${history.openNode ?? ""} is open.`,
    ),
    ...faultUnless(
      event.type !== "run.succeeded" || history.inDoubt.size === 0,
      "AM_DOUBT_UNRESOLVED",
      `The run succeeds while ${[...history.inDoubt].join(", ")} is in doubt.`,
    ),
  ];
}
