import { describe, expect, test } from "vitest";
import { McpServerConfig } from "./mcp-server-config.ts";

describe("a block of another host", () => {
  test.each([
    ["of a command", { command: "npx", args: ["-y", "server"], env: { TOKEN: "x" } }, "stdio"],
    ["of a command with its type", { type: "stdio", command: "uvx" }, "stdio"],
    ["of a URL", { url: "https://example.org/mcp", headers: { "X-Key": "x" } }, "http"],
    ["of a URL with its type", { type: "streamable-http", url: "http://localhost:3000/mcp" }, "http"],
  ])("%s can be pasted in", (_what, block, transport) => {
    expect(McpServerConfig.parse(block)).toMatchObject({ transport });
  });
});

test("what is not said has a default", () => {
  expect(McpServerConfig.parse({ command: "server" })).toEqual({
    transport: "stdio",
    command: "server",
    args: [],
    env: {},
    cwd: undefined,
    protocol: "legacy",
    trust: { annotations: false, context: false },
    timeoutMs: 60_000,
    startTimeoutMs: 30_000,
    outputBytesMax: 8_388_608,
    outputSchema: "warn",
    resources: false,
    prompts: false,
    roots: [],
    scope: "shared",
    connectionsMax: 16,
    idleTimeoutMs: undefined,
    tools: { deny: [], overrides: {} },
  });
  expect(McpServerConfig.parse({ url: "http://localhost/", auth: { bearer: "t" } })).toMatchObject({
    transport: "http",
    protocol: "auto",
    bearer: "t",
  });
});

test("the transport of before 2025 is the older era's", () => {
  expect(McpServerConfig.parse({ type: "sse", url: "http://localhost/sse", protocol: "auto" })).toMatchObject({
    transport: "http",
    isSse: true,
    protocol: "legacy",
  });
});

describe("a mistake is told where it is", () => {
  test.each<[string, object, string, string]>([
    ["neither kind", {}, "command", 'Give "command" (a program that speaks MCP over stdio) or "url" (MCP over HTTP).'],
    ["both kinds", { command: "a", url: "http://b/" }, "url", 'Give either "command" or "url", not both.'],
    [
      "a key of the other kind",
      { url: "http://b/", args: [] },
      "args",
      '"args" belongs to a server that is started with a "command".',
    ],
    [
      "headers of a command",
      { command: "a", headers: {} },
      "headers",
      '"headers" belongs to a server that is reached at a "url".',
    ],
    [
      "the type of the other kind",
      { type: "http", command: "a" },
      "type",
      'Not the type of a server with a "command": use "stdio".',
    ],
    ["another scheme", { url: "file:///etc/passwd" }, "url", "Give an http or https URL."],
    ["an unknown key", { command: "a", timeout: 3 }, "", 'Unrecognized key: "timeout"'],
    [
      "an unknown effect",
      { command: "a", tools: { overrides: { x: { effect: "safe" } } } },
      "tools.overrides.x.effect",
      "Invalid option",
    ],
  ])("%s", (_what, config, path, message) => {
    const issues = McpServerConfig.safeParse(config).error?.issues.map((issue) => [
      issue.path.join("."),
      issue.message,
    ]);
    expect(issues).toEqual([[path, expect.stringContaining(message)]]);
  });
});
