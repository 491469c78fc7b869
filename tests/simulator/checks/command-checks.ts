/** Commands of people: followed and answered in one, or neither; each followed once. */
import type { RunEvent } from "@agentmesh/core";
import type { RunHistory } from "./run-history.ts";

export function checkCommands(history: RunHistory): void {
  for (const { sent, end, isStored } of history.record.commands) {
    const { item, command, marker } = sent;
    const what = `item ${item}, ${command.type}`;
    if (!isStored) history.breach("I1 an acknowledged command is stored", what);
    if (end === "none") continue;
    const followed = marker === "" ? undefined : history.events.filter((event) => markerOf(event) === marker).length;
    const copies = history.record.commands.filter((other) => other.sent.marker === marker && marker !== "");
    const answered = copies.filter((other) => other.end === "followed").length;
    if (followed === undefined) continue;
    // A second cancel is followed by what the first has brought.
    if (command.type === "cancel" ? followed > 1 : followed > answered)
      history.breach("a command is followed once", `${what} was followed ${followed} times, answered ${answered}`);
    if (command.type !== "cancel" && followed < answered)
      history.breach("what is answered was followed", `${what} was answered ${answered} times, followed ${followed}`);
  }
  checkCancel(history);
  checkResolutions(history);
  checkSignals(history);
  checkUnanswered(history);
}

function markerOf(event: RunEvent): string | undefined {
  if (event.type === "approval.granted" || event.type === "approval.denied") return event.note;
  return event.type === "run.cancel_requested" ? event.reason : undefined;
}

function checkCancel(history: RunHistory): void {
  const isAnswered = answeredWell(history, "cancel") > 0;
  const isRequested = history.events.some(({ type }) => type === "run.cancel_requested");
  if (isAnswered && !isRequested)
    history.breach("what is answered was followed", "a cancel was answered, and is not stored");
}

function checkResolutions(history: RunHistory): void {
  const resolved = history.events.filter((event) => event.type === "task.resolved" && event.by === "person").length;
  const answered = answeredWell(history, "resolve");
  if (resolved !== answered)
    history.breach("a command is followed once", `${answered} resolutions were answered, ${resolved} are stored`);
}

function checkSignals(history: RunHistory): void {
  const received = history.events.filter(({ type }) => type === "signal.received").length;
  const answered = answeredWell(history, "signal");
  if (received !== answered)
    history.breach("a command is followed once", `${answered} signals were answered, ${received} are stored`);
}

/** A run that somebody drives, or that waits, has no command left unanswered. */
function checkUnanswered(history: RunHistory): void {
  const { commands, waits, isEndless } = history.record;
  if (waits.status !== "suspended" || isEndless) return;
  const left = commands.filter(({ end }) => end === "none");
  if (left.length > 0) history.breach("I11 every command is answered", `item ${left[0]?.sent.item} is not`);
}

function answeredWell(history: RunHistory, type: string): number {
  return history.record.commands.filter(({ sent, end }) => sent.command.type === type && end === "followed").length;
}
