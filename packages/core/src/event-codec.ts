/**
 * The stored form of an event: what the columns say is left out of the body, frequent types and fields have short names,
 * usual numbers are dropped, payloads become lists. `decodeEvent(encodeEvent(event))` equals the event, for every event that
 * the schema allows. It only grows: journals of every released version must decode for ever.
 */
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import { isDescribed, type Payload } from "./payload.ts";
import { EVENT_VERSION, RunEvent, type RunEventType } from "./run-event.ts";

export interface StoredEvent {
  readonly seq: number;
  /** An event's type, or its short name. */
  readonly type: string;
  readonly atMs: number;
  /** JSON text. */
  readonly body: string;
}

/**
 * Describes a text as payloads do: sha256, base64url, and its size in UTF-8. The core does not hash; with it, payloads whose
 * values stand in the event are stored without what follows from the value.
 */
export type TextDigest = (text: string) => Pick<Payload, "hash" | "bytes">;

const ENVELOPE = new Set(["v", "run", "seq", "type", "atMs"]);
const PAYLOADS = new Set([
  "args",
  "output",
  "input",
  "inputs",
  "request",
  "response",
  "answer",
  "data",
  "form",
  "spans",
]);

/** Types of which a run has many. */
const SHORT_TYPES: { readonly [Type in RunEventType]?: string } = {
  "task.started": "start",
  "task.succeeded": "done",
};
const SHORT_FIELDS: Readonly<Record<string, string>> = {
  task: "t",
  attempt: "n",
  args: "a",
  output: "o",
  queueMs: "q",
  durationMs: "d",
};
const LONG_TYPES = new Map(Object.entries(SHORT_TYPES).map(([long, short]) => [short, long]));
const LONG_FIELDS = new Map(Object.entries(SHORT_FIELDS).map(([long, short]) => [short, long]));

/** Fields that every event of a type with them has, and what they mostly are. */
const USUAL: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "task.started": { attempt: 1, queueMs: 0 },
  "task.succeeded": { attempt: 1, durationMs: 0 },
  "task.failed": { attempt: 1, durationMs: 0 },
  "task.retried": { attempt: 1, durationMs: 0 },
  "task.cancelled": { attempt: 1, durationMs: 0 },
  "task.in_doubt": { attempt: 1, durationMs: 0 },
};
const NOTHING_USUAL: Readonly<Record<string, number>> = {};

/** A stored event that no version of this program can have written. */
export class CorruptEventError extends MeshError {
  constructor(run: string, stored: StoredEvent, reason: string) {
    const { seq } = stored;
    const type = LONG_TYPES.get(stored.type) ?? stored.type;
    super({
      code: "AM_EVENT_CORRUPT",
      message: `Event ${seq} (${type}) of run ${run} cannot be read: ${reason}.`,
      hint: "The events before it are whole. The store was damaged, or written by a newer version.",
      facts: { run, seq, type, reason },
    });
  }
}

/** Without a digest every payload is stored in full. */
export function encodeEvent(event: RunEvent, digest?: TextDigest): StoredEvent {
  const { seq, type, atMs } = event;
  const usual = USUAL[type] ?? NOTHING_USUAL;
  let body = "";
  for (const name of Object.keys(event)) {
    if (ENVELOPE.has(name)) continue;
    const value: unknown = event[name as keyof RunEvent];
    if (value === undefined || (typeof value === "number" && value === usual[name])) continue;
    const text = PAYLOADS.has(name) ? payloadText(value as Payload, digest) : JSON.stringify(value);
    body += `${body === "" ? "" : ","}"${SHORT_FIELDS[name] ?? name}":${text}`;
  }
  return { seq, type: SHORT_TYPES[type] ?? type, atMs, body: `{${body}}` };
}

const TYPES: ReadonlySet<string> = new Set(RunEvent.options.map((option) => option.shape.type.value));

/**
 * Reads an event whose checksum holds: it is what encodeEvent has written, so its fields are not looked at again. Throws
 * CorruptEventError when its type is unknown: then a newer version has written it. `digest`: the one that the event was
 * encoded with, if it was.
 */
export function decodeSealedEvent(run: string, stored: StoredEvent, digest?: TextDigest): RunEvent {
  const type = LONG_TYPES.get(stored.type) ?? stored.type;
  if (!TYPES.has(type)) throw new CorruptEventError(run, stored, "its type is unknown");
  return fullEvent(run, stored, digest) as RunEvent;
}

/** Reads an event from anywhere. Throws CorruptEventError. */
export function decodeEvent(run: string, stored: StoredEvent, digest?: TextDigest): RunEvent {
  const parsed = RunEvent.safeParse(fullEvent(run, stored, digest));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CorruptEventError(run, stored, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"}`);
}

function fullEvent(run: string, stored: StoredEvent, digest: TextDigest | undefined): unknown {
  const { seq, atMs } = stored;
  const type = LONG_TYPES.get(stored.type) ?? stored.type;
  const event: Record<string, unknown> = { v: EVENT_VERSION, run, seq, type, atMs, ...USUAL[type] };
  for (const [short, value] of Object.entries(parsedBody(run, stored))) {
    const name = LONG_FIELDS.get(short) ?? short;
    if (ENVELOPE.has(name)) continue;
    event[name] = PAYLOADS.has(name) ? fullPayload(value, digest) : value;
  }
  return event;
}

function parsedBody(run: string, stored: StoredEvent): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(stored.body);
  } catch {
    throw new CorruptEventError(run, stored, "its body is no JSON");
  }
  if (isJsonObject(body)) return body;
  throw new CorruptEventError(run, stored, "its body is no object");
}

/**
 * [value], where the hash is that of the value; [hash, bytes], [hash, bytes, value] or [hash, bytes, value or null, 1 or 3]:
 * bit 1 = redacted, bit 2 = the value is absent.
 */
function payloadText(payload: Payload, digest: TextDigest | undefined): string {
  const { hash, bytes, value, isRedacted } = payload;
  if (isRedacted !== undefined)
    return JSON.stringify([hash, bytes, value ?? null, (isRedacted ? 1 : 0) + (value === undefined ? 2 : 0)]);
  if (value === undefined) return JSON.stringify([hash, bytes]);
  if (digest === undefined) return JSON.stringify([hash, bytes, value]);
  // The same length: it is the canonical text up to the order of its keys, since nothing was dropped and all is ASCII.
  const written = isDescribed(payload) ? JSON.stringify(value) : undefined;
  if (written?.length === bytes) return `[${written}]`;
  const text = canonicalJson(value);
  const right = digest(text);
  return right.hash === hash && right.bytes === bytes ? `[${text}]` : JSON.stringify([hash, bytes, value]);
}

/** A value without its hash stays one when there is no digest: no schema allows it. */
function fullPayload(short: Json, digest: TextDigest | undefined): Json {
  if (!Array.isArray(short)) return short;
  const [first = null, bytes = null, value = null, flags] = short as readonly Json[];
  if (short.length === 1) return digest === undefined ? short : { ...digest(canonicalJson(first)), value: first };
  const payload = { hash: first, bytes };
  if (typeof flags === "number")
    return { ...payload, ...((flags & 2) === 0 ? { value } : {}), isRedacted: (flags & 1) === 1 };
  return short.length > 2 ? { ...payload, value } : payload;
}
