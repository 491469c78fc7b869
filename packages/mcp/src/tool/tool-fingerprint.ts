/** The identity of what a tool says of itself: a server that changes a tool under its old name is found out. */
import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject, type JsonSchema } from "@agentmesh/core";

export interface DeclaredTool {
  readonly name: string;
  /** As the server sent it, not cleaned. */
  readonly description: string | undefined;
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonSchema | undefined;
  readonly annotations: JsonObject | undefined;
}

/** sha256, base64url. The order of keys does not count. */
export function toolFingerprint(tool: DeclaredTool): string {
  const { name, description = null, inputSchema, outputSchema = null, annotations = null } = tool;
  const text = canonicalJson({ name, description, inputSchema, outputSchema, annotations });
  return createHash("sha256").update(text).digest("base64url");
}
