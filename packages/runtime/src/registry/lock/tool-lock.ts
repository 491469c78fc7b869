/**
 * The lock file of tools: every tool of the servers as it was when a person last looked, in full, so that a change can be
 * shown and reviewed. In a stable order and layout: the same tools are the same text.
 */
import {
  canonicalJson,
  isJson,
  isJsonObject,
  type Json,
  type JsonObject,
  type JsonSchema,
  type ToolSpec,
} from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";
import { definitionOf } from "../tool-definition.ts";

/** The default name, in the folder of the configuration. */
export const LOCK_FILE_NAME = "agentmesh.lock.json";
const LOCK_VERSION = 1;

const ObjectJson = z.custom<JsonObject>((value) => isJsonObject(value) && isJson(value), "Not a JSON object.");
const Schema = z.custom<JsonSchema>((value) => typeof value === "boolean" || (isJsonObject(value) && isJson(value)));

export const PinnedTool = z.strictObject({
  fingerprint: z.string(),
  /** As the server sent it. */
  description: z.string().optional(),
  inputSchema: ObjectJson,
  outputSchema: Schema.optional(),
  annotations: ObjectJson.optional(),
});
export type PinnedTool = z.infer<typeof PinnedTool>;

export const ToolLock = z.strictObject({
  lock: z.literal(LOCK_VERSION),
  /** By `server.tool`. */
  tools: z.record(z.string(), PinnedTool),
});
export type ToolLock = z.infer<typeof ToolLock>;

export function pinnedTool(spec: ToolSpec): PinnedTool {
  return { fingerprint: spec.fingerprint, ...definitionOf(spec) };
}

export function lockOf(tools: ReadonlyMap<string, PinnedTool>): ToolLock {
  return { lock: LOCK_VERSION, tools: Object.fromEntries(tools) };
}

/** Sorted keys, two spaces: a change of a tool is a change of its lines. */
export function lockText(lock: ToolLock): string {
  return `${JSON.stringify(JSON.parse(canonicalJson(lock as unknown as Json)), null, 2)}\n`;
}
