/** Schemas of strangers may refer to other documents by URL. Nobody fetches them: not to list, not to check, not to call. */
import { createMcpHandler, fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { expect, onTestFinished, test } from "vitest";
import { countConnections } from "./fixtures/connection-count.ts";
import { httpEndpoint } from "./fixtures/http-servers.ts";
import { options, soon, testSource } from "./fixtures/sources.ts";

test("what a schema refers to is never fetched", async () => {
  let fetched = 0;
  const { url: schemaUrl } = await httpEndpoint((_request, response) => {
    fetched += 1;
    response.end('{"type":"string"}');
  });
  const remote = {
    type: "object",
    properties: {
      text: { $ref: schemaUrl },
      more: { $ref: `${schemaUrl}#/$defs/x` },
      dynamic: { $dynamicRef: schemaUrl },
    },
    allOf: [{ $ref: schemaUrl.replace("http:", "https:") }, { $ref: "file:///etc/passwd" }],
    $schema: schemaUrl,
    $id: schemaUrl,
  } as const;
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: "remote", version: "1" });
    const inputSchema = fromJsonSchema<{ text?: string }>({ type: "object" });
    server.registerTool("echo", { inputSchema }, () => ({ content: [], structuredContent: { text: "hi" } }));
    server.server.setRequestHandler("tools/list", () => ({
      tools: [{ name: "echo", inputSchema: remote, outputSchema: remote }],
    }));
    return server;
  });
  onTestFinished(() => handler.close());
  const { url } = await httpEndpoint(toNodeHandler(handler) as never);
  const source = testSource({ url }, "remote");
  const count = countConnections();
  expect(await source.connect(soon())).toMatchObject({ state: "ready" });
  await source.call("echo", { text: "hi" }, options()).catch((error: unknown) => {
    // It may be refused, as nobody knows what the schema says.
    expect(error).toMatchObject({ name: "ToolCallError" });
  });
  expect(fetched).toBe(0);
  expect(count.begun).toBeGreaterThan(0);
});
