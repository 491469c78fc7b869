/** A value as it travels in a command: always in full, whoever takes it in stores it as the run's values are stored. */
import { hash } from "node:crypto";
import { canonicalJson, type Json, type Payload } from "@agentmesh/core";

export function commandPayload(value: Json): Payload {
  const text = canonicalJson(value);
  return { hash: hash("sha256", text, "base64url"), bytes: Buffer.byteLength(text), value };
}
