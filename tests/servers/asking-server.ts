/** A server over stdio, of either protocol era, with one tool: it asks what it needs to know, and says what it was told. */
import type { JsonObject } from "@agentmesh/core";
import { type McpService, type ServedAnswer, type ServedCall, serveOverStdio } from "@agentmesh/mcp/server";

const FORM: JsonObject = {
  type: "object",
  properties: { size: { type: "integer", minimum: 1 }, drink: { type: "string", default: "tea" } },
  required: ["size"],
};

const text = (words: string): ServedAnswer => ({
  kind: "result",
  result: { content: [{ type: "text", text: words }] },
});

const service: McpService = {
  identity: { name: "asking", version: "1.0.0" },
  tools: () => Promise.resolve([{ name: "order", description: "Orders.", inputSchema: { type: "object" } }]),
  callTool: (_tool, _args, { client, reply }: ServedCall) => {
    if (!client.form) return Promise.resolve(text("nobody can be asked"));
    if (reply !== undefined) return Promise.resolve(text(JSON.stringify(reply.answers["what"])));
    const params = { message: "What shall it be?", requestedSchema: FORM };
    return Promise.resolve({ kind: "input", requests: { what: { method: "elicitation/create", params } } });
  },
  onChange: () => () => undefined,
};

await serveOverStdio(service, { principal: { tenant: "test", subject: "test", scopes: [] } }).ended;
