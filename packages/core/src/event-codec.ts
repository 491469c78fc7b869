/**
 * The stored form of an event: what the columns say is left out of the body, payloads become short lists, zeros are dropped.
 * `decodeEvent(encodeEvent(event))` equals the event, for every event that the schema allows. Frozen: journals of every
 * released version must decode for ever.
 */
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { MeshError } from "./mesh-error.ts";
import type { Payload } from "./payload.ts";
import { EVENT_VERSION, RunEvent } from "./run-event.ts";

export interface StoredEvent {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  /** JSON text. */
  readonly body: string;
}

const PAYLOADS = new Set(["args", "output", "input", "inputs", "request", "response", "answer", "data"]);
/** Fields that every event of a type with them has, and that are mostly zero. */
const ZEROS: Readonly<Record<string, readonly string[]>> = {
  "task.started": ["queueMs"],
  "task.succeeded": ["durationMs"],
  "task.failed": ["durationMs"],
  "task.retried": ["durationMs"],
  "task.cancelled": ["durationMs"],
  "task.in_doubt": ["durationMs"],
};

/** A stored event that no version of this program can have written. */
export class CorruptEventError extends MeshError {
  constructor(run: string, stored: StoredEvent, reason: string) {
    super({
      code: "AM_EVENT_CORRUPT",
      message: `Event ${stored.seq} (${stored.type}) of run ${run} cannot be read: ${reason}.`,
      hint: "The events before it are whole. The store was damaged, or written by a newer version.",
      facts: { run, seq: stored.seq, type: stored.type, reason },
    });
  }
}

export function encodeEvent(event: RunEvent): StoredEvent {
  const { v: _v, run: _run, seq, type, atMs, ...rest } = event;
  const zeros = ZEROS[type] ?? [];
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value === 0 && zeros.includes(name)) continue;
    body[name] = isPayloadField(name) ? shortPayload(value as Payload) : value;
  }
  return { seq, type, atMs, body: JSON.stringify(body) };
}

const TYPES: ReadonlySet<string> = new Set(RunEvent.options.map((option) => option.shape.type.value));

/**
 * Reads an event whose checksum holds: it is what encodeEvent has written, so its fields are not looked at again. Throws
 * CorruptEventError when its type is unknown: then a newer version has written it.
 */
export function decodeSealedEvent(run: string, stored: StoredEvent): RunEvent {
  if (!TYPES.has(stored.type)) throw new CorruptEventError(run, stored, "its type is unknown");
  const event = fullBody(run, stored) as Record<string, unknown>;
  event["v"] = EVENT_VERSION;
  event["run"] = run;
  event["seq"] = stored.seq;
  event["type"] = stored.type;
  event["atMs"] = stored.atMs;
  return event as unknown as RunEvent;
}

/** Reads an event from anywhere. Throws CorruptEventError. */
export function decodeEvent(run: string, stored: StoredEvent): RunEvent {
  const parsed = RunEvent.safeParse({
    ...fullBody(run, stored),
    v: EVENT_VERSION,
    run,
    seq: stored.seq,
    type: stored.type,
    atMs: stored.atMs,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CorruptEventError(run, stored, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "unknown"}`);
}

function fullBody(run: string, stored: StoredEvent): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(stored.body);
  } catch {
    throw new CorruptEventError(run, stored, "its body is no JSON");
  }
  if (!isJsonObject(body)) throw new CorruptEventError(run, stored, "its body is no object");
  const full = body as Record<string, Json>;
  for (const name of ZEROS[stored.type] ?? []) full[name] ??= 0;
  for (const [name, value] of Object.entries(full)) if (isPayloadField(name)) full[name] = fullPayload(value);
  return full;
}

function isPayloadField(name: string): boolean {
  return PAYLOADS.has(name);
}

/** [hash, bytes], [hash, bytes, value] or [hash, bytes, value or null, 1 or 3]: bit 1 = redacted, bit 2 = the value is absent. */
function shortPayload({ hash, bytes, value, isRedacted }: Payload): readonly unknown[] {
  if (isRedacted === undefined) return value === undefined ? [hash, bytes] : [hash, bytes, value];
  return [hash, bytes, value ?? null, (isRedacted ? 1 : 0) + (value === undefined ? 2 : 0)];
}

function fullPayload(short: Json): Json {
  if (!Array.isArray(short)) return short;
  const [hash, bytes, value, flags] = short as readonly Json[];
  const payload = { hash: hash ?? null, bytes: bytes ?? null };
  if (typeof flags === "number")
    return { ...payload, ...((flags & 2) === 0 ? { value: value ?? null } : {}), isRedacted: (flags & 1) === 1 };
  return short.length > 2 ? { ...payload, value: value ?? null } : payload;
}
