/** Commands and answers as inboxes keep them: JSON texts, with limits, of which another version may have written some. */
import { ErrorRecord, RunCommand } from "@agentmesh/core";
import {
  INBOX_COMMAND_BYTES_MAX,
  INBOX_ITEMS_MAX,
  type InboxAnswer,
  InboxError,
  type InboxItem,
} from "@agentmesh/ports";

export interface CommandRow {
  readonly item: number;
  readonly atMs: number;
  /** JSON text. */
  readonly command: string;
}

export interface InboxRows {
  readonly items: readonly InboxItem[];
  /** What this version cannot read, with the reason. */
  readonly unreadable: readonly InboxAnswer[];
}

export function inboxRowsFrom(run: string, rows: readonly CommandRow[]): InboxRows {
  const items: InboxItem[] = [];
  const unreadable: InboxAnswer[] = [];
  for (const { item, atMs, command } of rows) {
    const parsed = RunCommand.safeParse(jsonOr(undefined, command));
    if (parsed.success) items.push({ item, run, command: parsed.data, atMs });
    else unreadable.push({ item, error: unreadableCommand(run, item, parsed.error.message).toJSON() as ErrorRecord });
  }
  return { items, unreadable };
}

/** `text` is null for a command that was carried out, else the JSON text of an error. */
export function inboxAnswerFrom(item: number, text: string): InboxAnswer {
  const error = ErrorRecord.safeParse(jsonOr(null, text));
  return error.success ? { item, error: error.data } : { item };
}

/** The JSON text of a command. Throws InboxError when it is too large. */
export function commandText(run: string, command: RunCommand): string {
  const text = JSON.stringify(command);
  const bytes = Buffer.byteLength(text);
  if (bytes <= INBOX_COMMAND_BYTES_MAX) return text;
  throw new InboxError({
    code: "AM_INBOX_COMMAND_TOO_LARGE",
    message: `The command for run ${run} is ${bytes} bytes; ${INBOX_COMMAND_BYTES_MAX} are allowed.`,
    hint: "Give a smaller value.",
    facts: { run, bytes, bytesMax: INBOX_COMMAND_BYTES_MAX },
  });
}

function jsonOr(fallback: unknown, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function unknownRun(run: string): InboxError {
  return new InboxError({
    code: "AM_INBOX_UNKNOWN_RUN",
    message: `There is no run ${run} to send a command to.`,
    hint: "List the runs with: agentmesh runs",
    facts: { run },
  });
}

export function inboxFull(run: string): InboxError {
  return new InboxError({
    code: "AM_INBOX_FULL",
    message: `Run ${run} has ${INBOX_ITEMS_MAX} commands that nobody has answered.`,
    hint: "Resume the run, so that its commands are carried out.",
    facts: { run, itemsMax: INBOX_ITEMS_MAX },
    retryable: true,
  });
}

function unreadableCommand(run: string, item: number, reason: string): InboxError {
  return new InboxError({
    code: "AM_INBOX_UNREADABLE",
    message: `Command ${item} for run ${run} cannot be read.`,
    hint: "It was sent by another version of agentmesh: send it again with this one.",
    facts: { run, item, reason },
  });
}
