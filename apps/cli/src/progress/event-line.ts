/** What people are told of a signal, in one line; the same words in a terminal and in a log. */
import type { ErrorRecord, Finding, NodeName } from "@agentmesh/core";
import type { RunSignal } from "@agentmesh/runtime";
import type { ServerStatus } from "@agentmesh/ports";
import type { Line, LinePart } from "../terminal/line.ts";
import { amountText } from "./budget-text.ts";
import { durationText } from "./duration-text.ts";
import { planDiffText } from "./plan-diff-text.ts";
import type { Status } from "./status-mark.ts";
import { waitText } from "./wait-text.ts";

export interface EventLine {
  readonly status: Status;
  readonly line: Line;
  /** `start`: only where nothing else shows what runs. `detail`: only when asked for more. Absent: always. */
  readonly kind?: "start" | "detail";
}

/** Of a person's note, in UTF-16 units. */
const NOTE_CHARS_MAX = 200;
/** What was not asked again. */
const FROM_CACHE = " from the cache";
/** How many names stand in one line. */
const NAMES_MAX = 8;

type ApprovalSubject = Extract<RunSignal, { readonly type: "approval.requested" }>["subject"];

type Teller<Type extends RunSignal["type"]> = (signal: Extract<RunSignal, { readonly type: Type }>) => EventLine;

const TELLERS: { readonly [Type in RunSignal["type"]]?: Teller<Type> } = {
  "run.created": ({ run, name, fork }) => ({
    status: "info",
    line: ["run ", bold(run), ` ${name}`, fork === undefined ? "" : `, forked off ${fork.run} at event ${fork.seq}`],
  }),
  "run.cancel_requested": ({ reason }) => ({ status: "cancelled", line: [`cancelling: ${reason}`] }),
  "run.suspended": ({ reason, tasks }) => ({
    status: "suspended",
    line: [`run suspended (${reason.replace("_", " ")})${tasks.length === 0 ? "" : `: ${namesText(tasks)}`}`],
  }),
  "run.resumed": ({ run, cause }) => ({
    status: "info",
    line: ["run ", bold(run), cause === "recovered" ? " recovered: the process that drove it is gone" : " goes on"],
  }),
  "node.started": ({ node }) => ({
    status: "running",
    line: [`${node} started`],
    kind: asksModel(node) ? "start" : "detail",
  }),
  "node.succeeded": ({ node, durationMs }) => ({
    status: "succeeded",
    line: [`${node} succeeded`, time(durationMs)],
    ...(asksModel(node) ? {} : { kind: "detail" as const }),
  }),
  "node.failed": ({ node, error, durationMs }) => ({
    status: "failed",
    line: [`${node} failed`, time(durationMs), ` ${errorText(error)}`],
  }),
  "node.note": ({ call, message }) => ({ status: "info", line: [`${call}: ${message}`] }),
  "model.called": (call) => ({
    status: "succeeded",
    line: [`${call.model} answered`, time(call.durationMs), call.cache === "hit" ? FROM_CACHE : ""],
    kind: "detail",
  }),
  "model.failed": (call) => ({
    status: "failed",
    line: [`${call.model} failed`, time(call.durationMs)],
    kind: "detail",
  }),
  "plan.proposed": ({ revision, plan, by }) => ({
    status: "info",
    line: [`plan v${revision} proposed: ${count(plan.tasks.length, "task")}`, by === "cache" ? FROM_CACHE : ""],
  }),
  "plan.accepted": ({ revision, findings }) => ({
    status: "succeeded",
    line: [`plan v${revision} accepted${remarks(findings)}`],
  }),
  "plan.rejected": ({ revision, by, findings }) => ({
    status: "failed",
    line: [`plan v${revision} rejected by the ${by === "check" ? "check" : "validator"}${firstFinding(findings)}`],
  }),
  "plan.patched": (patch) => ({ status: "info", line: [planDiffText(patch)] }),
  "task.reused": ({ task, as, from }) => ({
    status: as,
    line: ["task ", bold(task), ` reused: it ${as === "skipped" ? "was skipped" : as} in ${from.run}`],
    ...(task.includes("[") ? { kind: "detail" as const } : {}),
  }),
  "task.expanded": ({ task, count: elements }) => ({
    status: "info",
    line: ["task ", bold(task), ` has ${count(elements, "element")}`],
  }),
  "task.started": ({ task, attempt }) => ({
    status: "running",
    line: ["task ", bold(task), attempt === 1 ? " started" : ` started, attempt ${attempt}`],
    kind: "start",
  }),
  "task.progress": ({ task, progress, total, message }) => ({
    status: "running",
    line: ["task ", bold(task), ` at ${progress}${total === undefined ? "" : `/${total}`} ${message ?? ""}`],
    kind: "detail",
  }),
  "task.waiting": ({ task, for: kind, name, untilMs, atMs }) => ({
    status: "waiting",
    line: ["task ", bold(task), ` waits ${waitText({ for: kind, signal: name, untilMs }, atMs)}`],
  }),
  "task.retried": ({ task, attempt, cause, dueAtMs, atMs, error }) => ({
    status: "waiting",
    line: [
      "task ",
      bold(task),
      retryText({ attempt, cause, pauseMs: dueAtMs - atMs }),
      error === undefined ? "" : `: ${errorText(error)}`,
    ],
  }),
  "task.routed": ({ task, from, to, reason }) => ({
    status: "info",
    line: ["task ", bold(task), ` goes on with ${to} in place of ${from} (${reason})`],
  }),
  "task.succeeded": ({ task, durationMs, cache }) =>
    ended(task, "succeeded", { durationMs, ...(cache === undefined ? {} : { rest: FROM_CACHE }) }),
  "task.failed": ({ task, durationMs, error }) => ended(task, "failed", { durationMs, rest: ` ${errorText(error)}` }),
  "task.skipped": ({ task, reason }) => ended(task, "skipped", { rest: ` (${reason})` }),
  "task.cancelled": ({ task, durationMs }) => ended(task, "cancelled", { durationMs }),
  "task.in_doubt": ({ task, durationMs, error }) =>
    ended(task, "in_doubt", { durationMs, rest: ` ${errorText(error)}` }),
  "task.resolved": ({ task, as, by }) => ({
    status: "info",
    line: ["task ", bold(task), ` resolved as ${as} by ${by}`],
  }),
  "child.started": ({ task, child }) => ({
    status: "info",
    line: ["task ", bold(task), child === undefined ? " has a run of its own" : ` is the run ${child}`],
    ...(child === undefined ? { kind: "detail" as const } : {}),
  }),
  "approval.requested": ({ run, approval, subject, tool, message, expiresAtMs, atMs }) => ({
    status: "waiting",
    line: [
      ...subjectOf(approval, subject),
      ` waits ${waitText({ for: subject === "input" ? "input" : "approval", untilMs: expiresAtMs }, atMs)}`,
      [tool, message].map((part) => (part === undefined ? "" : `: ${part}`)).join(""),
      // The run goes on being driven here: whoever answers does so from another terminal.
      subject === "input" ? ` (agentmesh show ${run})` : "",
    ],
  }),
  "approval.granted": ({ approval, by, args, note }) => ({
    status: "succeeded",
    line: [bold(approval), ` approved${args === undefined ? "" : " with other arguments"}${decidedBy(by, note)}`],
  }),
  "approval.denied": ({ approval, by, note }) => ({
    status: "failed",
    line: [bold(approval), ` rejected${decidedBy(by, note)}`],
  }),
  "tool.drifted": ({ tool, since, changes }) => ({
    status: "warning",
    line: [
      "tool ",
      bold(tool),
      since === "plan" ? " has changed since the plan was checked" : " is not the one of the lock file",
      changes.length === 0 ? "" : `: ${namesText(changes.map(({ path }) => path))}`,
    ],
  }),
  "signal.received": ({ kind, name }) => ({ status: "info", line: [`${kind} "`, bold(name), '" received'] }),
  "budget.exceeded": ({ kind, limit, used, reserved, needed, caller, error }) => ({
    status: error === undefined ? "warning" : "failed",
    line: [
      `budget of ${amountText(kind, limit)} is used up: ${amountText(kind, used)} used`,
      reserved === 0 ? "" : `, ${amountText(kind, reserved)} reserved`,
      needed === 0 ? "" : `, ${amountText(kind, needed)} more needed${caller === undefined ? "" : ` by ${caller}`}`,
    ],
  }),
  "budget.raised": ({ kind, limit }) => ({ status: "info", line: [`budget raised to ${amountText(kind, limit)}`] }),
  "answer.composed": ({ removedCitations }) =>
    removedCitations.length === 0
      ? { status: "succeeded", line: ["answer composed"], kind: "detail" }
      : { status: "warning", line: [`citations of unknown tasks were taken out: ${removedCitations.join(", ")}`] },
};

/** Undefined for what is not told in a line. */
export function eventLine(signal: RunSignal): EventLine | undefined {
  const teller = TELLERS[signal.type] as ((signal: RunSignal) => EventLine) | undefined;
  return teller?.(signal);
}

/** Undefined while a server has not got anywhere. */
export function serverLine({ server, state, tools, connectMs, error, warnings }: ServerStatus): EventLine | undefined {
  if (state === "failed") {
    const rest = error === undefined ? "" : ` ${errorText(error)}`;
    return { status: "failed", line: ["server ", bold(server), " failed", rest] };
  }
  if (state === "connecting") return { status: "running", line: ["connecting to ", server], kind: "detail" };
  if (state !== "ready") return undefined;
  const left = warnings === undefined || warnings.length === 0 ? "" : `; ${warnings.join("; ")}`;
  return {
    status: left === "" ? "succeeded" : "warning",
    line: ["server ", bold(server), ` ready, ${count(tools, "tool")}`, time(connectMs ?? 0), left],
  };
}

export function count(amount: number, noun: string, plural = `${noun}s`): string {
  return `${amount} ${amount === 1 ? noun : plural}`;
}

interface Ending {
  readonly durationMs?: number;
  readonly rest?: string;
}

function ended(
  task: string,
  status: "succeeded" | "failed" | "skipped" | "cancelled" | "in_doubt",
  ending: Ending,
): EventLine {
  const duration = ending.durationMs === undefined ? [] : [time(ending.durationMs)];
  return { status, line: ["task ", bold(task), ` ${status.replace("_", " ")}`, ...duration, ending.rest ?? ""] };
}

function retryText({ attempt, cause, pauseMs }: { attempt: number; cause: string; pauseMs: number }): string {
  if (cause === "recovery") return ` is called again: attempt ${attempt} was cut off, and repeating it is safe`;
  if (cause === "child") return " goes on: the run behind it has gone on";
  if (cause === "budget") return " waits for more budget";
  if (cause === "failover") return ` cannot go on with its tool after attempt ${attempt}`;
  return ` waits ${durationText(pauseMs)} after attempt ${attempt} (${cause})`;
}

function subjectOf(approval: string, subject: ApprovalSubject): Line {
  return subject === "task" || subject === "input" ? ["task ", bold(approval)] : ["the ", bold(subject)];
}

function decidedBy(by: "person" | "expiry", note: string | undefined): string {
  const expired = by === "expiry" ? ", as nobody answered in time" : "";
  return `${expired}${note === undefined ? "" : `: ${note.slice(0, NOTE_CHARS_MAX).toWellFormed()}`}`;
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_MAX).join(", ");
  return names.length > NAMES_MAX ? `${shown} and ${names.length - NAMES_MAX} more` : shown;
}

function bold(text: string): LinePart {
  return { style: "bold", text };
}

function time(durationMs: number): LinePart {
  return { style: "dim", text: ` ${durationText(durationMs)}` };
}

function errorText({ code, message }: Pick<ErrorRecord, "code" | "message">): string {
  return `${code}: ${message}`;
}

function firstFinding(findings: readonly Finding[]): string {
  const [first] = findings;
  if (first === undefined) return "";
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : "";
  return `: ${first.code} ${first.path} ${first.message}${more}`;
}

function remarks(findings: readonly Finding[]): string {
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  const infos = findings.length - warnings;
  const parts = [warnings > 0 ? count(warnings, "warning") : "", infos > 0 ? `${infos} unchecked` : ""];
  const said = parts.filter((part) => part !== "").join(", ");
  return said === "" ? "" : ` with ${said}`;
}

/** Those are waited for; the others take a moment. */
function asksModel(node: NodeName): boolean {
  return node === "planner" || node === "composer";
}
