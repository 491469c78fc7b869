/**
 * An event read from its row, without the program's own decoder: the body is an object, the fields that the rules stand on
 * are there. What is not listed here is not looked at.
 */
import { canonicalText, hashOf } from "./canonical-text.ts";
import type { StoredRow } from "./stored-row.ts";

export interface JournalEvent {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A value as events hold it: `[value]`, or `[hash, bytes]` with the value or with flags behind. */
export interface StoredPayload {
  readonly field: string;
  readonly hash: string;
  readonly bytes: number;
  /** Undefined: the value is in the blob table. */
  readonly inline: { readonly value: unknown } | undefined;
  readonly isRedacted: boolean;
}

type FieldKind = "text" | "count" | "list" | "object" | "payload";

/** Required fields by type; `?` marks those that may be absent. */
const FORMS: Readonly<Record<string, string>> = {
  "run.created":
    "tenant:text name:text inputs:payload policy:object goal:text? mode:text? fork:object? scope:object? parent:object?",
  "run.started": "",
  "run.suspended": "reason:text tasks:list",
  "run.resumed": "cause:text?",
  "run.cancel_requested": "reason:text",
  "run.succeeded": "output:payload?",
  "run.failed": "error:object",
  "run.cancelled": "",
  "node.started": "node:text call:text",
  "node.succeeded": "node:text call:text input:payload output:payload durationMs:count",
  "node.failed": "node:text call:text input:payload? error:object durationMs:count",
  "model.called": "caller:text model:text request:payload response:payload usage:object reservation:text? cache:text?",
  "model.failed": "caller:text model:text request:payload response:payload usage:object reservation:text? cache:text?",
  "plan.proposed": "revision:count by:text plan:object",
  "plan.rejected": "revision:count by:text findings:list",
  "plan.accepted": "revision:count bindings:object findings:list",
  "plan.patched": "revision:count bindings:object added:list removed:list superseded:list reason:list",
  "task.reused": "task:text as:text output:payload? error:object? args:payload? from:object",
  "task.expanded": "task:text count:count",
  "task.started": "task:text attempt:count args:payload",
  "task.retried": "task:text attempt:count cause:text dueAtMs:count",
  "task.routed": "task:text from:text to:text reason:text",
  "task.succeeded": "task:text attempt:count output:payload? cache:object?",
  "task.failed": "task:text attempt:count error:object",
  "task.skipped": "task:text reason:text",
  "task.cancelled": "task:text attempt:count",
  "task.in_doubt": "task:text attempt:count error:object",
  "task.resolved": "task:text as:text by:text output:payload?",
  "task.waiting": "task:text for:text name:text?",
  "child.started": "task:text attempt:count child:text? tokens:count microUsd:count calls:count",
  "child.settled": "task:text attempt:count child:text? usage:object spans:payload?",
  "tool.drifted": "task:text tool:text since:text was:text? is:text changes:list",
  "approval.requested": "approval:text subject:text tool:text? args:payload? form:payload?",
  "approval.granted": "approval:text by:text args:payload?",
  "approval.denied": "approval:text by:text",
  "signal.received": "kind:text name:text data:payload",
  "budget.reserved": "reservation:text caller:text tokens:count microUsd:count",
  "budget.settled": "reservation:text tokens:count microUsd:count",
  "budget.exceeded": "kind:text limit:count used:count reserved:count needed:count error:object?",
  "budget.raised": "kind:text limit:count",
  "answer.composed": "answer:payload citations:list removedCitations:list",
};

/** Stores of version 3 on have short names for what is frequent. */
const LONG_TYPES: Readonly<Record<string, string>> = { start: "task.started", done: "task.succeeded" };
const LONG_FIELDS: Readonly<Record<string, string>> = {
  t: "task",
  n: "attempt",
  a: "args",
  o: "output",
  q: "queueMs",
  d: "durationMs",
};

/** The event, or why its row cannot be read. */
export function readEvent(row: StoredRow): JournalEvent | string {
  const { seq, atMs } = row;
  const type = LONG_TYPES[row.type] ?? row.type;
  const form = FORMS[type];
  if (form === undefined) return `no event is called "${type}"`;
  const body = parsedBody(row.body);
  if (body === undefined) return "its body is no JSON object";
  if (form.includes("attempt:count")) body["attempt"] ??= 1; // the first attempt is not stored
  const wrong = fieldsOf(form).find(([name, kind]) => !fits(body[name], kind));
  if (wrong !== undefined) return `"${wrong[0]}" is missing or malformed`;
  return { seq, type, atMs, fields: body };
}

/** The values that an event refers to. */
export function payloadsOf({ type, fields }: JournalEvent): readonly StoredPayload[] {
  return fieldsOf(FORMS[type] ?? "").flatMap(([name, kind]) => {
    const field = fields[name];
    return kind.startsWith("payload") && Array.isArray(field) ? [payloadFrom(name, field)] : [];
  });
}

export function textOf({ fields }: JournalEvent, name: string): string {
  const value = fields[name];
  return typeof value === "string" ? value : "";
}

/** Zeros are not stored. */
export function countOf({ fields }: JournalEvent, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

/** The hash of a payload field. */
export function payloadHash({ fields }: JournalEvent, name: string): string | undefined {
  const value = fields[name];
  return Array.isArray(value) ? payloadFrom(name, value).hash : undefined;
}

export function isTerminalType(type: string): boolean {
  return type === "run.succeeded" || type === "run.failed" || type === "run.cancelled";
}

function payloadFrom(field: string, stored: readonly unknown[]): StoredPayload {
  if (stored.length === 1) return describedPayload(field, stored[0]);
  const [hash, bytes, value, flags] = stored;
  const bits = typeof flags === "number" ? flags : 0;
  const isInline = stored.length > 2 && (bits & 2) === 0;
  return {
    field,
    hash: String(hash),
    bytes: Number(bytes),
    inline: isInline ? { value } : undefined,
    isRedacted: (bits & 1) === 1,
  };
}

/** Of a value that stands alone, hash and size follow from it. */
function describedPayload(field: string, value: unknown): StoredPayload {
  const text = canonicalText(value);
  return { field, hash: hashOf(text), bytes: Buffer.byteLength(text), inline: { value }, isRedacted: false };
}

function fieldsOf(form: string): readonly (readonly [string, string])[] {
  return form
    .split(" ")
    .filter((part) => part !== "")
    .map((part) => {
      const [name = "", kind = ""] = part.split(":");
      return [name, kind] as const;
    });
}

function fits(value: unknown, kind: string): boolean {
  if (value === undefined) return kind.endsWith("?") || kind === "count"; // zeros may be left out
  switch (kind.replace("?", "") as FieldKind) {
    case "text":
      return typeof value === "string";
    case "count":
      return Number.isInteger(value) && Number(value) >= 0;
    case "list":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "payload":
      return isPayload(value);
  }
}

function isPayload(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > 4) return false;
  if (value.length === 1) return true;
  const [hash, bytes] = value as readonly unknown[];
  return typeof hash === "string" && Number.isInteger(bytes) && Number(bytes) >= 0;
}

function parsedBody(text: string): Record<string, unknown> | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
    return Object.fromEntries(Object.entries(body).map(([name, value]) => [LONG_FIELDS[name] ?? name, value]));
  } catch {
    return undefined;
  }
}
