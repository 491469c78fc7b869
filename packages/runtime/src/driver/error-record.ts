/** Any thrown thing as the record that events store. What is not one of ours becomes AM_INTERNAL, without its stack. */
import { type ErrorRecord, MeshError } from "@agentmesh/core";
import type { SecretMask } from "./secret-mask.ts";

const MESSAGE_CHARS_MAX = 2_000;

export function errorRecordOf(error: unknown, mask: SecretMask): ErrorRecord {
  if (error instanceof MeshError) {
    const { code, message, hint, facts } = JSON.parse(mask.mask(JSON.stringify(error.toJSON()))) as ErrorRecord;
    return { code, message: message.slice(0, MESSAGE_CHARS_MAX), hint, facts };
  }
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : typeof error;
  return {
    code: "AM_INTERNAL",
    message: mask.mask(message).slice(0, MESSAGE_CHARS_MAX),
    hint: "This is a mistake in agentmesh or in a plugin: please report it.",
    facts: { name },
  };
}
