/** The values that an event refers to, whatever its type: every field that holds a payload. */
import { isJsonObject } from "./json.ts";
import type { Payload } from "./payload.ts";
import type { RunEvent } from "./run-event.ts";

export interface EventPayload {
  readonly field: string;
  readonly payload: Payload;
}

export function payloadsOf(event: RunEvent): readonly EventPayload[] {
  return Object.entries(event).flatMap(([field, value]) => (isPayload(value) ? [{ field, payload: value }] : []));
}

/** By its form: no other object in an event has both. */
function isPayload(value: unknown): value is Payload {
  return isJsonObject(value) && typeof value["hash"] === "string" && typeof value["bytes"] === "number";
}
