/** MCP servers that others wrote, beside the official ones, as a configuration. */
import { join } from "node:path";

const modules = join(import.meta.dirname, "node_modules");
const CHROMIUM = process.env["TEST_CHROMIUM"] ?? "chromium";

const start = (program: string, ...args: string[]) => ({
  command: process.execPath,
  args: [join(modules, program), ...args],
});

export function programServers() {
  return {
    database: {
      ...start("@bytebase/dbhub/dist/index.js", "--transport", "stdio", "--dsn", "sqlite:///:memory:"),
      protocol: "modern" as const,
    },
    browser: start("@playwright/mcp/cli.js", "--headless", "--no-sandbox", "--isolated", "--executable-path", CHROMIUM),
    devtools: start(
      "chrome-devtools-mcp/build/src/bin/chrome-devtools-mcp.js",
      "--headless",
      "--isolated",
      "--no-usage-statistics",
      "--chromeArg=--no-sandbox",
      "--executablePath",
      CHROMIUM,
    ),
  };
}
