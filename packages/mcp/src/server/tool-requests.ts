/** `tools/list` and `tools/call`. */
import { type JsonObject, validateJson } from "@agentmesh/core";
import type { Tool } from "@modelcontextprotocol/server";
import { listPage } from "./list-page.ts";
import type { ServedTool } from "./mcp-service.ts";
import { protocolError, toolFailure } from "./protocol-fault.ts";
import { ServedArgumentsError } from "./served-arguments-error.ts";
import { ServedNameError } from "./served-name-error.ts";
import type { Serving } from "./serving.ts";

/** `callable`: those that may be called, where that is known already. */
export function answerTools(serving: Serving, callable: readonly ServedTool[] | undefined): void {
  const { server, service, request } = serving;
  server.setRequestHandler("tools/list", async ({ params }, context) => {
    try {
      const { items, next } = listPage(await service.tools(request(context)), params?.cursor);
      return { tools: items.map(toolDocument), ...next };
    } catch (error) {
      throw protocolError(error);
    }
  });
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    try {
      const { name } = params;
      const args = (params.arguments ?? {}) as JsonObject;
      const tools = callable ?? (await service.tools(request(context)));
      const tool = tools.find((each) => each.name === name);
      if (tool === undefined) throw new ServedNameError("tool", name);
      const bound = { name, args };
      const call = serving.call(bound, context);
      assertFits(tool, args);
      const answer = await service.callTool(tool, args, call);
      const result = await serving.result(answer, bound, context);
      return answer.kind === "result" ? server.projectCallToolResult(result, tool.outputSchema) : result;
    } catch (error) {
      return toolFailure(error) as never;
    }
  });
}

function toolDocument({ inputSchema, ...tool }: ServedTool): Tool {
  return { ...tool, inputSchema: { ...inputSchema, type: "object" } };
}

/** Throws ServedArgumentsError. */
function assertFits({ name, inputSchema }: ServedTool, args: JsonObject): void {
  const violations = validateJson(inputSchema, args);
  if (violations.length > 0) throw new ServedArgumentsError(name, violations);
}
