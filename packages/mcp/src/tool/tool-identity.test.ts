/** What makes a tool another one although it says the same of itself: whose results it gives must never be mistaken. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool } from "../local/define-tool.ts";
import { LocalToolSource } from "../local/local-tool-source.ts";
import { McpServerConfig, type McpServerConfigInput } from "../mcp-server-config.ts";
import { McpToolSource } from "../client/mcp-tool-source.ts";

function identityOf(config: McpServerConfigInput): string {
  return new McpToolSource({ server: "s", config: McpServerConfig.parse(config) }).identity();
}

const started = { command: "server", args: ["/data"], env: { TOKEN: "of Ann" } };
const reached = { url: "https://example.org/mcp", headers: { "X-Key": "k" }, auth: { bearer: "of Ann" } };

describe("a server is another one", () => {
  test.each<[string, McpServerConfigInput, McpServerConfigInput]>([
    ["in another folder", started, { ...started, args: ["/other"] }],
    ["for somebody else, by its environment", started, { ...started, env: { TOKEN: "of Bob" } }],
    ["for somebody else, by its token", reached, { ...reached, auth: { bearer: "of Bob" } }],
    ["for somebody else, by a header", reached, { ...reached, headers: { "X-Key": "j" } }],
    ["elsewhere", reached, { ...reached, url: "https://example.org/other" }],
  ])("%s", (_what, left, right) => {
    expect(identityOf(left)).not.toBe(identityOf(right));
    expect(identityOf(left)).not.toContain("Ann");
  });
});

test("a server stays the same however long it may take, whoever is trusted", () => {
  expect(identityOf({ ...started, timeoutMs: 5, trust: { annotations: true }, tools: { deny: ["x"] } })).toBe(
    identityOf(started),
  );
});

test("a function is another one when its text is, whatever else is served beside it", () => {
  const tool = (name: string, run: () => string) =>
    defineTool({ name, description: "d", input: z.object({}), effect: "read", run });
  const source = (...tools: readonly ReturnType<typeof tool>[]) => new LocalToolSource({ server: "s", tools });
  const one = () => "one";
  const alone = source(tool("a", one)).identity("a");
  expect(source(tool("a", one), tool("b", one)).identity("a")).toBe(alone);
  expect(source(tool("a", () => "two")).identity("a")).not.toBe(alone);
});
