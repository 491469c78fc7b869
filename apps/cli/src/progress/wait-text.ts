/** What a task or a run waits for, in words: the same in event lines, the live block and lists. */
import type { WaitView } from "@agentmesh/core";
import { clockText, dateText } from "./duration-text.ts";

export interface Awaited {
  readonly for: WaitView["for"] | "input";
  /** The name of a signal or an event, or the id of the run. */
  readonly signal?: string | undefined;
  readonly untilMs?: number | undefined;
}

/** Continues "waits": `for an approval, until 12:30:00`. */
export function waitText({ for: kind, signal = "", untilMs }: Awaited, nowMs: number): string {
  const until = untilMs === undefined ? "" : `until ${instantText(untilMs, nowMs)}`;
  if (kind === "time") return until;
  return `${wordsOf(kind, signal)}${until === "" ? "" : `, ${until}`}`;
}

function wordsOf(kind: Exclude<Awaited["for"], "time">, signal: string): string {
  switch (kind) {
    case "approval":
      return "for an approval";
    case "input":
      return "for what its server wants to know";
    case "resolution":
      return "for somebody who says what became of its call";
    case "signal":
    case "event":
      return `for the ${kind} "${signal}"`;
    case "child":
      return `for the run ${signal}, which waits itself`;
  }
}

/** The time of day; with the day when that is another one. Local. */
export function instantText(atMs: number, nowMs: number): string {
  const isToday = new Date(atMs).toDateString() === new Date(nowMs).toDateString();
  return isToday ? clockText(atMs) : dateText(atMs);
}
