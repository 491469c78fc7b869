/** What was asked of a model, as a cassette holds and compares it: JSON, with secrets masked. */
import { createHash } from "node:crypto";
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "@agentmesh/core";
import type { ModelRequest } from "@agentmesh/ports";
import type { SecretMask } from "../driver/secret-mask.ts";

/** A copy, without what is undefined. */
export function requestDocument(request: ModelRequest): JsonObject {
  return withoutUndefined(request as unknown as Json) as JsonObject;
}

function withoutUndefined(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(([, each]: [string, Json | undefined]) => each !== undefined);
  return Object.fromEntries(entries.map(([name, each]) => [name, withoutUndefined(each)]));
}

/** The same text for the same content, whatever the order of its keys. */
export function contentText(value: Json, mask: SecretMask): string {
  return mask.mask(canonicalJson(value));
}

export function requestHash(request: ModelRequest, mask: SecretMask): string {
  return createHash("sha256")
    .update(contentText(requestDocument(request), mask))
    .digest("base64url");
}
