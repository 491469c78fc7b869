import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { APPROVED_PAYLOAD, NULL_PAYLOAD, REJECTED_PAYLOAD } from "./constant-payload.ts";
import { canonicalJson } from "./json.ts";

test.each([NULL_PAYLOAD, APPROVED_PAYLOAD, REJECTED_PAYLOAD])("$value has the hash and size of its text", (payload) => {
  const text = canonicalJson(payload.value ?? null);
  expect(payload).toMatchObject({ hash: createHash("sha256").update(text).digest("base64url"), bytes: text.length });
});
