/**
 * A list of tools as the SDK takes it. The SDK refuses the whole list for one tool that is not as the protocol says; here a
 * null is what is not there, and a tool that is still wrong is left out, so that the others stay.
 */
import { isJsonObject } from "@agentmesh/core";
import { type JSONRPCMessage, specTypeSchemas } from "@modelcontextprotocol/client";

/** Where servers write null for what they do not say. */
const NULLABLE: ReadonlySet<string> = new Set(["annotations", "execution"]);

interface ListReader {
  /** The older eras know objects as outputs only. */
  readonly isModern: boolean;
  /** Told of each tool that is not in the list any more. */
  readonly leaveOut: (name: string, reason: string) => void;
}

/** Any other message is given back as it is. */
export function mendToolList(message: JSONRPCMessage, { isModern, leaveOut }: ListReader): JSONRPCMessage {
  if (!("result" in message)) return message;
  const { tools, content } = message.result;
  if (!Array.isArray(tools) || content !== undefined) return message;
  const mended = tools.map(withoutNulls).filter((tool) => {
    const reason = faultOf(tool) ?? (isModern ? undefined : outputFaultOf(tool));
    if (reason !== undefined) leaveOut(nameOf(tool), reason);
    return reason === undefined;
  });
  return { ...message, result: { ...message.result, tools: mended } };
}

function withoutNulls(tool: unknown): unknown {
  if (!isJsonObject(tool)) return tool;
  return Object.fromEntries(
    Object.entries(tool).flatMap(([name, value]) => {
      if (value === null) return [];
      return [[name, NULLABLE.has(name) && isJsonObject(value) ? presentOf(value) : value]];
    }),
  );
}

function presentOf(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
}

function faultOf(tool: unknown): string | undefined {
  const result = specTypeSchemas.Tool["~standard"].validate(tool);
  if (result instanceof Promise || result.issues === undefined) return undefined;
  const [issue] = result.issues;
  const at = (issue?.path ?? []).map(String).join(".");
  return `it is not as MCP says: ${at === "" ? "" : `${at}: `}${issue?.message ?? "unknown"}`;
}

function outputFaultOf(tool: unknown): string | undefined {
  const { outputSchema } = isJsonObject(tool) ? tool : {};
  if (!isJsonObject(outputSchema) || outputSchema["type"] === "object") return undefined;
  return "its output is no object, which this revision of MCP does not know";
}

function nameOf(tool: unknown): string {
  return isJsonObject(tool) && typeof tool["name"] === "string" ? tool["name"] : "";
}
