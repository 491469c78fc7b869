/** What AgentMesh serves to others over MCP. Tools of its servers only by name: whoever connects can call what is served. */
import * as z from "@agentmesh/core/zod";

const TOOLS = /^[A-Za-z_][A-Za-z0-9_-]*\.(?:\*|[^*]+)$/;

export const ExposeConfig = z.strictObject({
  run: z.boolean().default(true).describe("The tool `run`: a goal or a plan of the caller's own, over all servers."),
  workflows: z
    .union([z.literal("*"), z.array(z.string().min(1))])
    .default("*")
    .describe("Workflows that are served as tools; * for all."),
  tools: z
    .array(z.string().regex(TOOLS, "Write SERVER.TOOL or SERVER.*."))
    .default([])
    .describe("Tools of the servers that are served on: SERVER.TOOL or SERVER.*."),
});
export type ExposeConfig = z.output<typeof ExposeConfig>;
