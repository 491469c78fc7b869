/** What a run waits for, for whoever may end the wait: since when, until when, which call, and what to type. */
import { APPROVE_TOOL, isJsonObject, type Json } from "@agentmesh/core";
import type { RunWait } from "../documents/run-waits.ts";
import type { Line } from "../terminal/line.ts";
import { jsonText } from "../terminal/output.ts";
import { shellWord } from "../terminal/shell-word.ts";
import { instantText, waitText } from "./wait-text.ts";
import { statusMark } from "./status-mark.ts";

/** How much of the arguments is shown, in UTF-16 units; all of it is in `show RUN --json`. */
const ARGUMENTS_CHARS_MAX = 400;
/** More waits than that are counted. */
const SHOWN_MAX = 20;

export function waitLines(run: string, waits: readonly RunWait[], nowMs: number): readonly Line[] {
  const lines = waits.slice(0, SHOWN_MAX).flatMap((wait) => linesOf(run, wait, nowMs));
  const left = waits.length - SHOWN_MAX;
  return left > 0 ? [...lines, [{ style: "dim", text: `  and ${left} more: agentmesh show ${run} --json` }]] : lines;
}

/** The command that goes on with the run. */
export function nextCommand(run: string, waits: readonly RunWait[]): string {
  const [first, second] = waits.filter((wait) => wait.for !== "time");
  if (first === undefined) return `agentmesh resume ${run}`;
  const areApprovals = waits.every((wait) => wait.for === "approval");
  return second !== undefined && areApprovals ? `agentmesh approve ${run} --all` : (commandFor(run, first) ?? "");
}

function linesOf(run: string, wait: RunWait, nowMs: number): readonly Line[] {
  const { name, signal, child, sinceMs, untilMs, message } = wait;
  const kind = wait.form === undefined ? wait.for : "input";
  const since = `, since ${instantText(sinceMs, nowMs)}`;
  const isInDoubt = kind === "resolution";
  const state = isInDoubt
    ? " is in doubt"
    : ` waits ${waitText({ for: kind, signal: child ?? signal, untilMs }, nowMs)}`;
  const command = commandFor(run, wait);
  const rows = [message, wait.form === undefined ? callText(wait) : formText(wait.form)].filter(
    (row) => row !== undefined,
  );
  return [
    ["  ", statusMark(isInDoubt ? "in_doubt" : "waiting"), " ", { style: "bold", text: name }, state, since],
    ...rows.map((row): Line => ["      ", row]),
    ...(command === undefined ? [] : [["      ", { style: "cyan", text: command }] as const]),
  ];
}

/** The call that would be made, or was; of a question, what it is about. */
function callText({ tool, args }: RunWait): string | undefined {
  const isQuestion = tool === APPROVE_TOOL.name;
  const shown = isQuestion && isJsonObject(args) ? args["data"] : args;
  const parts = [isQuestion ? undefined : tool, shown === undefined ? undefined : argumentsText(shown)];
  return parts.filter((part) => part !== undefined).join(" ") || undefined;
}

/** What is to be filled in, field by field, or the page to open. */
function formText(form: Json): string {
  if (!isJsonObject(form)) return jsonText(form);
  if (!isForm(form)) return typeof form["url"] === "string" ? form["url"] : jsonText(form);
  const { schema } = form;
  const fields = isJsonObject(schema) && isJsonObject(schema["properties"]) ? schema["properties"] : {};
  return argumentsText(fields);
}

function isForm(form: Json | undefined): boolean {
  return form !== undefined && isJsonObject(form) && form["mode"] === "form";
}

/** Undefined: only time ends it. */
function commandFor(run: string, { for: kind, name, signal = "", child = "", form }: RunWait): string | undefined {
  switch (kind) {
    case "approval":
      return `agentmesh approve ${run} ${shellWord(name)}${isForm(form) ? " --args '{...}'" : ""}`;
    case "resolution":
      // No bars: pasted as it is, it must not decide anything.
      return `agentmesh resolve ${run} ${shellWord(name)} --done, --retry or --fail`;
    case "signal":
      return `agentmesh signal ${run} ${signalWord(signal)} '{...}'`;
    case "event":
      return `agentmesh signal --event ${run} ${signalWord(signal)} '{...}'`;
    case "child":
      return `agentmesh show ${child}`;
    case "time":
      return undefined;
  }
}

function signalWord(name: string): string {
  return name.startsWith("-") ? `-- ${shellWord(name)}` : shellWord(name);
}

function argumentsText(args: Json): string {
  const text = jsonText(args);
  if (text.length <= ARGUMENTS_CHARS_MAX) return text;
  return `${text.slice(0, ARGUMENTS_CHARS_MAX).toWellFormed()}... (${text.length} characters)`;
}
