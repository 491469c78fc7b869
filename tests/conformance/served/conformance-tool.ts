/** A tool of the fixture: its definition, and what it does. */
import type { JsonObject } from "@agentmesh/core";
import type { ServedAnswer, ServedCall, ServedTool } from "@agentmesh/mcp/server";

export interface ConformanceTool extends ServedTool {
  readonly run: (args: JsonObject, call: ServedCall) => ServedAnswer | Promise<ServedAnswer>;
}

const NOTHING: JsonObject = { type: "object", properties: {} };

/** Most take no arguments. */
export function conformanceTool(
  name: string,
  run: ConformanceTool["run"],
  inputSchema: JsonObject = NOTHING,
): ConformanceTool {
  return { name, description: `Fixture ${name}.`, inputSchema, run };
}
