/** From what a server lists to what the mesh knows of its tools: filtered, cleaned, classed and fingerprinted. */
import { isJsonObject, type JsonObject, type ToolSpec } from "@agentmesh/core";
import type { Tool } from "@modelcontextprotocol/client";
import { cleanText, isPlainName } from "../tool/clean-text.ts";
import type { McpServerConfig } from "../mcp-server-config.ts";
import { toolId } from "../tool/server-name.ts";
import type { ReadableTool } from "./readable-tool.ts";
import { toolFingerprint } from "../tool/tool-fingerprint.ts";
import { effectsOf, isOpenWorld } from "../tool/tool-trust.ts";

/** A server that offers more is cut here. */
const TOOLS_MAX = 10_000;
/** So many tools that nobody can read are named. */
const LEFT_OUT_MAX = 100;
const NAME_CHARS_MAX = 256;
const TITLE_CHARS_MAX = 200;
const DESCRIPTION_CHARS_MAX = 8_192;

export interface Discovery {
  /** In the server's order. */
  readonly tools: readonly ToolSpec[];
  /** What was left out and why, for the operator. */
  readonly warnings: readonly string[];
}

type Filter = McpServerConfig["tools"];

interface DiscoveryOptions {
  readonly server: string;
  readonly config: McpServerConfig;
  /** Tools that nobody can read, and why. */
  readonly leftOut: readonly (readonly [name: string, reason: string])[];
}

/** `readable`: what stands beside the server's own tools. */
export function discover(
  listed: readonly Tool[],
  readable: readonly ReadableTool[],
  { server, config, leftOut }: DiscoveryOptions,
): Discovery {
  const warnings = leftOut.slice(0, LEFT_OUT_MAX).map(([name, reason]) => leftOutText(name, reason));
  const tools = new Map<string, ToolSpec>();
  for (const tool of listed.slice(0, TOOLS_MAX)) {
    const reason = refusalOf(tool, tools);
    if (reason !== undefined) warnings.push(leftOutText(tool.name, reason));
    else if (isWanted(tool.name, config.tools)) tools.set(tool.name, specOf(server, tool, config));
  }
  const surplus = listed.length - TOOLS_MAX;
  if (surplus > 0) warnings.push(`Left out ${surplus} tools: only ${TOOLS_MAX} of a server are kept.`);
  const offered = new Set(listed.map(({ name }) => name));
  for (const { spec } of readable) {
    const { tool } = spec;
    if (offered.has(tool))
      warnings.push(`Left out "${tool}" for resources or prompts: the server has a tool of that name.`);
    else if (isWanted(tool, config.tools)) tools.set(tool, spec);
  }
  for (const { spec } of readable) offered.add(spec.tool);
  for (const name of config.tools.allow ?? []) {
    if (!offered.has(name)) warnings.push(`The configuration allows "${name}", which the server does not offer.`);
  }
  return { tools: [...tools.values()], warnings };
}

function leftOutText(name: string, reason: string): string {
  return `Left out "${cleanText(name, TITLE_CHARS_MAX)}": ${cleanText(reason, TITLE_CHARS_MAX)}.`;
}

function isWanted(name: string, { allow, deny }: Filter): boolean {
  return (allow === undefined || allow.includes(name)) && !deny.includes(name);
}

function refusalOf(tool: Tool, known: ReadonlyMap<string, ToolSpec>): string | undefined {
  if (tool.name.length > NAME_CHARS_MAX) return `its name is longer than ${NAME_CHARS_MAX} characters`;
  if (!isPlainName(tool.name)) return "its name holds characters that nobody sees";
  if (known.has(tool.name)) return "another tool of the server has the same name";
  if (tool.execution?.taskSupport === "required") return "it only runs as a task, which is not spoken yet";
  return undefined;
}

function specOf(server: string, tool: Tool, config: McpServerConfig): ToolSpec {
  const { name, description, annotations = {} } = tool;
  const inputSchema = objectOf(tool.inputSchema) ?? {};
  const outputSchema = objectOf(tool.outputSchema);
  const title = cleanText(tool.title ?? annotations.title ?? "", TITLE_CHARS_MAX);
  const isTrusted = config.trust.annotations;
  const override = Object.hasOwn(config.tools.overrides, name) ? config.tools.overrides[name] : undefined;
  const said = objectOf(tool.annotations);
  return {
    name: toolId(server, name),
    server,
    tool: name,
    ...(title === "" ? {} : { title }),
    ...described(description ?? ""),
    inputSchema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...effectsOf(annotations, isTrusted, override?.effect),
    isOpenWorld: isOpenWorld(annotations, isTrusted),
    ...(said === undefined ? {} : { annotations: said }),
    fingerprint: toolFingerprint({ name, description, inputSchema, outputSchema, annotations: said }),
  };
}

function described(raw: string): Pick<ToolSpec, "description" | "rawDescription"> {
  const description = cleanText(raw, DESCRIPTION_CHARS_MAX);
  return description === raw ? { description } : { description, rawDescription: raw };
}

/** What came over the wire is JSON already. */
function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}
