/** Agents whose server is not there. */
import { suggestion } from "@agentmesh/core";
import type { ConfigProblem } from "./config-problem.ts";
import { findSourced, membersOf, type SourcedValue } from "./sourced-value.ts";

export function agentProblems(tree: SourcedValue): readonly ConfigProblem[] {
  const servers = membersOf(findSourced(tree, ["mcpServers"])) ?? new Map<string, SourcedValue>();
  return [...(membersOf(findSourced(tree, ["agents"])) ?? [])].flatMap(([agent, node]) => {
    const server = membersOf(node)?.get("server");
    if (typeof server?.value !== "string" || servers.has(server.value)) return [];
    const path = ["agents", agent, "server"];
    const message = "No server under mcpServers has this name.";
    return [{ path, origin: server.origin, message, suggestion: suggestion(server.value, servers.keys()) }];
  });
}
