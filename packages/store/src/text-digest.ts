/** How payloads describe a text. */
import { hash } from "node:crypto";
import type { TextDigest } from "@agentmesh/core";

export const textDigest: TextDigest = (text) => ({
  hash: hash("sha256", text, "base64url"),
  bytes: Buffer.byteLength(text),
});
