/** What travels with a call in `_meta`, as far as it decides which run it is. */
import type { JsonObject } from "@agentmesh/core";

const IDEMPOTENCY_KEY = "agentmesh/idempotencyKey";
const KEY_CHARS_MAX = 512;

/** A call that is made again under the same key is the same call. Longer ones are none. */
export function idempotencyKeyOf(meta: JsonObject): string | undefined {
  const key = meta[IDEMPOTENCY_KEY];
  return typeof key === "string" && key !== "" && key.length <= KEY_CHARS_MAX ? key : undefined;
}
