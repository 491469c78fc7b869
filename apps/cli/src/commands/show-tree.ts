/** `agentmesh show --tree`: what led to what in a run, how long it took, and what it waited for. */
import {
  type ChildAbsence,
  criticalPath,
  type CriticalStep,
  type RunTrace,
  spanTree,
  type SpanStatus,
  type TreeRow,
  type WaitCause,
  type Waits,
} from "@agentmesh/core";
import { durationText } from "../progress/duration-text.ts";
import { type Status, statusMark, statusWord } from "../progress/status-mark.ts";
import type { Output } from "../terminal/output.ts";
import { type Row, tableLines } from "../terminal/table.ts";

/** Deeper rows are no further to the right: a chain of tasks may be long. */
const INDENT_MAX = 30;
const NAMES_MAX = 8;
const CRITICAL = "◆";
const MARK_OF: Readonly<Record<SpanStatus, Status>> = {
  open: "running",
  retried: "warning",
  succeeded: "succeeded",
  failed: "failed",
  skipped: "skipped",
  cancelled: "cancelled",
  in_doubt: "in_doubt",
  suspended: "suspended",
};

export function showTree(trace: RunTrace, output: Output): void {
  const rows = spanTree(trace);
  const steps = criticalPath(trace);
  if (output.isJson) {
    const { run, status, seq, isComplete, createdAtMs, durationMs } = trace;
    output.document({ run, status, seq, isComplete, createdAtMs, durationMs, tree: rows, criticalPath: steps });
    return;
  }
  const head = `  ${trace.name}, ${durationText(trace.durationMs)}`;
  output.resultLine(
    statusMark(trace.status),
    " ",
    { style: "bold", text: trace.run },
    " ",
    statusWord(trace.status),
    head,
  );
  for (const line of tableLines(shownRows(rows).map(rowCells))) output.resultLine(...line);
  output.resultLine({ style: "dim", text: pathText(steps) });
  if (!trace.isComplete) output.say(`The run is ${trace.status}: this is up to event ${trace.seq}.`);
}

/** Below the head. The attempt of a task that needed one says no more than the task, and waits stand behind what waited. */
function shownRows(rows: readonly TreeRow[]): readonly TreeRow[] {
  const callers = new Set(rows.flatMap(({ kind, below }) => (kind === "model" && below !== undefined ? [below] : [])));
  return rows.filter(({ kind, status, facts, span }) => {
    if (kind === "run") return span !== 1;
    if (kind === "wait") return false;
    return kind !== "attempt" || facts.attempt !== 1 || status === "retried" || callers.has(span);
  });
}

function rowCells(row: TreeRow): Row {
  const { depth, kind, name, status, startMs, durationMs, isCritical, facts } = row;
  const indent = "  ".repeat(Math.min(depth - 1, INDENT_MAX));
  const notes = notesOf(row);
  return [
    isCritical ? { style: "bold", text: CRITICAL } : " ",
    statusMark(MARK_OF[status]),
    `${indent}${kind === "run" ? `run ${name}` : name}`,
    kind === "run" ? (facts.run ?? "") : kind === "task" || kind === "attempt" ? (facts.tool ?? "") : "",
    { style: "dim", text: `+${durationText(startMs)}` },
    durationText(durationMs),
    ...(notes === "" ? [] : [{ style: "dim" as const, text: notes }]),
  ];
}

function notesOf({ kind, waits, alsoAfter, facts, status }: TreeRow): string {
  const notes = [
    status === "open" ? "goes on" : "",
    facts.cache === "hit" ? "from the cache" : "",
    facts.elements === undefined ? "" : `${facts.elements} elements`,
    Object.keys(waits).length === 0 ? "" : `waited: ${waitsText(waits)}`,
    alsoAfter === undefined ? "" : `also after ${namesText(alsoAfter)}`,
    kind === "run" && facts.isRemote === true ? "in another mesh" : "",
    facts.childAbsence === undefined ? "" : absenceText(facts.childAbsence, facts.child),
    facts.reusedFrom === undefined ? "" : `reused from ${facts.reusedFrom}`,
    facts.error ?? "",
  ];
  return notes.filter((note) => note !== "").join("; ");
}

function absenceText(absence: ChildAbsence, run = "its run"): string {
  switch (absence) {
    case "pruned":
      return `${run} is not in the store any more`;
    case "untold":
      return `${run} is in another mesh, which has told nothing of it`;
    case "limit":
      return `${run} is left out: too many runs, or too deep`;
  }
}

function namesText(names: readonly string[]): string {
  const more = names.length - NAMES_MAX;
  return `${names.slice(0, NAMES_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function waitsText(waits: Readonly<Waits>): string {
  return Object.entries(waits)
    .map(([cause, ms]) => `${cause} ${durationText(ms)}`)
    .join(", ");
}

function pathText(steps: readonly CriticalStep[]): string {
  const waits: Waits = {};
  let ownMs = 0;
  for (const step of steps) {
    ownMs += step.ownMs;
    for (const [cause, ms] of Object.entries(step.waits) as [WaitCause, number][])
      waits[cause] = (waits[cause] ?? 0) + ms;
  }
  const waited = Object.keys(waits).length === 0 ? "" : `, and waits: ${waitsText(waits)}`;
  return `${CRITICAL} critical path: ${durationText(ownMs)} of work${waited}`;
}
