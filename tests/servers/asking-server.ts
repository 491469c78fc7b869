/** A server over stdio, of either protocol era, with two tools: they ask by a form or by a page, and say what they were told. */
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
  tools: () =>
    Promise.resolve([
      { name: "order", description: "Orders.", inputSchema: { type: "object" } },
      { name: "pay", description: "Pays.", inputSchema: { type: "object" } },
    ]),
  callTool: ({ name }, _args, { client, reply }: ServedCall) => {
    if (!client.form) return Promise.resolve(text("nobody can be asked"));
    if (reply !== undefined) return Promise.resolve(text(JSON.stringify(reply.answers["what"])));
    const params =
      name === "pay"
        ? { mode: "url", message: "Pay here.", url: "https://pay.example/1" }
        : { message: "What shall it be?", requestedSchema: FORM };
    return Promise.resolve({ kind: "input", requests: { what: { method: "elicitation/create", params } } });
  },
  onChange: () => () => undefined,
};

await serveOverStdio(service, { principal: { tenant: "test", subject: "test", scopes: [] } }).ended;
