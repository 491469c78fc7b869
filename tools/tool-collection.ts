/** Real tools to plan with: live from the reference servers that the repository has, and as files recorded them. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { isJsonObject, type JsonObject, type ToolSpec } from "@agentmesh/core";
import { McpServerConfig, McpToolSource } from "@agentmesh/mcp";
import { root } from "./workspace-member.ts";

/** Tools of servers that need more than npm to run, as LiveMCPBench recorded them. */
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

/** A list of servers with their tool lists, as LiveMCPBench records them. What is none of that is left out. */
function recordedTools(file: string): readonly ToolSpec[] {
  const collections: unknown = JSON.parse(readFileSync(file, "utf8"));
  return itemsOf(collections).flatMap(({ tools: byServer }) =>
    Object.entries(isJsonObject(byServer) ? byServer : {}).flatMap(([server, recorded]) =>
      itemsOf(isJsonObject(recorded) ? recorded["tools"] : []).flatMap((tool) => recordedTool(server, tool)),
    ),
  );
}

function recordedTool(server: string, { name, description, inputSchema }: JsonObject): readonly ToolSpec[] {
  if (typeof name !== "string" || !isJsonObject(inputSchema)) return [];
  const fullName = `${server}.${name}`;
  return [
    {
      name: fullName,
      server,
      tool: name,
      description: typeof description === "string" ? description : "",
      inputSchema,
      effect: "write",
      isOpenWorld: true,
      fingerprint: fullName,
    },
  ];
}

function itemsOf(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}
