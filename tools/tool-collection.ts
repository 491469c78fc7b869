/** Real tools to plan with: live from the reference servers that the repository has, and as files recorded them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { JsonObject, ToolSpec } from "@agentmesh/core";
import { McpServerConfig, McpToolSource } from "@agentmesh/mcp";
import { z } from "zod";
import { root } from "./workspace-member.ts";

/** Servers with their tool lists, as LiveMCPBench records them. */
const CollectedServers = z.array(
  z.object({
    tools: z.record(
      z.string(),
      z.object({
        tools: z.array(
          z.object({
            name: z.string(),
            description: z.string().nullish(),
            inputSchema: z.record(z.string(), z.json()),
          }),
        ),
      }),
    ),
  }),
);

/** Tools of servers that need more than npm to run. */
const REFERENCE_FILE = join(root, "tools/reference-tools.json");
/** Package names behind `@modelcontextprotocol/server-`, by server name. */
const SERVERS: Readonly<Record<string, readonly [string, ...(readonly string[])]>> = {
  files: ["filesystem", root],
  memory: ["memory"],
  everything: ["everything", "stdio"],
  thinking: ["sequential-thinking"],
};

/** `files`: more collections, whose tools come last; of two tools of one name the first counts. */
export async function collectTools(files: readonly string[]): Promise<readonly ToolSpec[]> {
  const live = await Promise.all(Object.entries(SERVERS).map(([server, start]) => liveTools(server, start)));
  const all = [...live.flat(), ...[REFERENCE_FILE, ...files].flatMap(recordedTools)];
  return [...new Map(all.toReversed().map((tool) => [tool.name, tool])).values()].toReversed();
}

async function liveTools(
  server: string,
  [name, ...args]: readonly [string, ...(readonly string[])],
): Promise<readonly ToolSpec[]> {
  const manifest = createRequire(import.meta.url).resolve(`@modelcontextprotocol/server-${name}/package.json`);
  const command = [join(manifest, "../dist/index.js"), ...args];
  const config = McpServerConfig.parse({ command: process.execPath, args: command, startTimeoutMs: 120_000 });
  const source = new McpToolSource({ server, config });
  try {
    const { error } = await source.connect(new AbortController().signal);
    if (error !== undefined) throw error;
    return source.tools();
  } finally {
    await source.close();
  }
}

function recordedTools(file: string): readonly ToolSpec[] {
  const servers = CollectedServers.parse(JSON.parse(readFileSync(file, "utf8")));
  return servers.flatMap(({ tools: byServer }) =>
    Object.entries(byServer).flatMap(([server, { tools }]) =>
      tools.map(({ name, description, inputSchema }) => ({
        name: `${server}.${name}`,
        server,
        tool: name,
        description: description ?? "",
        inputSchema: inputSchema as JsonObject,
        effect: "write" as const,
        isOpenWorld: true,
        fingerprint: `${server}.${name}`,
      })),
    ),
  );
}
