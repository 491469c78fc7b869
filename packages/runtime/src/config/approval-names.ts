/** What `policy.approve` may name. A name that means nothing would never ask: whoever wrote it must not believe that it does. */
import { suggestion, TASK_ID, ToolEffect } from "@agentmesh/core";
import type { ConfigProblem } from "./config-problem.ts";
import { findSourced, membersOf, type SourcedValue } from "./sourced-value.ts";

const PLAN = "plan";
const EVERY_TOOL = "*";
const NAMES: readonly string[] = [...ToolEffect.options, PLAN];
const MESSAGE = 'This names nothing that could ask: write an effect, "plan", SERVER.TOOL or SERVER.*.';

/** Names that are neither an effect, nor `plan`, nor `server.tool`, nor `server.*`. */
export function approvalProblems(tree: SourcedValue): readonly ConfigProblem[] {
  const named = findSourced(tree, ["policy", "approve"])?.value;
  if (!Array.isArray(named)) return [];
  const servers = [...(membersOf(findSourced(tree, ["mcpServers"]))?.keys() ?? [])];
  return (named as readonly SourcedValue[]).flatMap(({ value, origin }, index) => {
    if (typeof value !== "string" || value === "" || isApprovalName(value)) return [];
    const known = [...NAMES, ...servers.map((server) => `${server}.${EVERY_TOOL}`)];
    return [{ path: ["policy", "approve", index], origin, message: MESSAGE, suggestion: suggestion(value, known) }];
  });
}

function isApprovalName(name: string): boolean {
  if (NAMES.includes(name)) return true;
  const dot = name.indexOf(".");
  const tool = name.slice(dot + 1);
  return TASK_ID.test(name.slice(0, Math.max(0, dot))) && tool !== "" && (tool === EVERY_TOOL || !tool.includes("*"));
}
