/**
 * Resources and prompts of a server as tools, where the operator wants them: a plan reads them as it calls anything else.
 * What they give is text of strangers, and reading changes nothing.
 */
import type { Json, JsonObject, ToolSpec } from "@agentmesh/core";
import type { Client, Prompt } from "@modelcontextprotocol/client";
import { cleanText } from "../tool/clean-text.ts";
import { toolId } from "../tool/server-name.ts";
import { toolFingerprint } from "../tool/tool-fingerprint.ts";
import { NEVER_MS } from "./call-rounds.ts";

const DESCRIPTION_CHARS_MAX = 2_000;
/** Told of what a server has; a plan that needs more knows their addresses. */
const RESOURCES_MAX = 1_000;
const PROMPTS_MAX = 500;

/** JSON as the rest of the mesh knows it. */
type Read = (args: JsonObject, client: Client, signal: AbortSignal) => Promise<Json>;

export interface ReadableTool {
  readonly spec: ToolSpec;
  readonly read: Read;
}

interface ReadableFace {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly outputSchema: JsonObject;
}

const TEXT = { type: "string" } as const;
const TEXTS = {
  type: "array",
  items: { type: "object", properties: { uri: TEXT, name: TEXT, mimeType: TEXT } },
} as const;

/** `list_resources` and `read_resource`. */
export function resourceTools(server: string): readonly ReadableTool[] {
  const list: ReadableFace = {
    name: "list_resources",
    description: `Lists what read_resource can read of "${server}": addresses (uri), names and kinds.`,
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    outputSchema: { type: "object", properties: { resources: TEXTS, templates: TEXTS }, required: ["resources"] },
  };
  const read: ReadableFace = {
    name: "read_resource",
    description: `Reads a resource of "${server}" by its address (uri), as list_resources or a link names it.`,
    inputSchema: { type: "object", properties: { uri: TEXT }, required: ["uri"], additionalProperties: false },
    outputSchema: {
      type: "object",
      properties: { text: TEXT, contents: { type: "array", items: { type: "object" } } },
      required: ["text", "contents"],
    },
  };
  return [
    { spec: specOf(server, list), read: listResources },
    { spec: specOf(server, read), read: readResource },
  ];
}

/** One for each prompt: `prompt_NAME`. */
export async function promptTools(
  server: string,
  client: Client,
  signal: AbortSignal,
): Promise<readonly ReadableTool[]> {
  const { prompts } = await client.listPrompts(undefined, { signal, timeout: NEVER_MS, cacheMode: "refresh" });
  return prompts.slice(0, PROMPTS_MAX).map((prompt) => ({
    spec: specOf(server, faceOf(prompt)),
    read: (args, current, heard) => getPrompt(prompt.name, { args, client: current, signal: heard }),
  }));
}

function faceOf({ name, title, description, arguments: parameters = [] }: Prompt): ReadableFace {
  const properties = parameters.map((parameter) => {
    const said = cleanText(parameter.description ?? "", DESCRIPTION_CHARS_MAX);
    return [parameter.name, said === "" ? TEXT : { ...TEXT, description: said }] as const;
  });
  return {
    name: `prompt_${name}`,
    description: `Gives the text of the prompt "${title ?? name}". ${description ?? ""}`,
    inputSchema: {
      type: "object",
      properties: Object.fromEntries(properties),
      required: parameters.filter(({ required }) => required === true).map((parameter) => parameter.name),
      additionalProperties: false,
    },
    outputSchema: {
      type: "object",
      properties: { text: TEXT, messages: { type: "array", items: { type: "object" } } },
      required: ["text", "messages"],
    },
  };
}

function specOf(server: string, { name, description, inputSchema, outputSchema }: ReadableFace): ToolSpec {
  const declared = { name, description, inputSchema, outputSchema, annotations: undefined };
  return {
    name: toolId(server, name),
    server,
    tool: name,
    description: cleanText(description, DESCRIPTION_CHARS_MAX).trim(),
    inputSchema,
    outputSchema,
    effect: "read",
    isOpenWorld: true,
    fingerprint: toolFingerprint(declared),
  };
}

async function listResources(_args: JsonObject, client: Client, signal: AbortSignal): Promise<Json> {
  const options = { signal, timeout: NEVER_MS, cacheMode: "refresh" as const };
  const { resources } = await client.listResources(undefined, options);
  const { resourceTemplates } = await client
    .listResourceTemplates(undefined, options)
    .catch(() => ({ resourceTemplates: [] }));
  return {
    resources: resources.slice(0, RESOURCES_MAX).map(({ uri, name, mimeType = "" }) => ({ uri, name, mimeType })),
    templates: resourceTemplates
      .slice(0, RESOURCES_MAX)
      .map(({ uriTemplate, name, mimeType = "" }) => ({ uri: uriTemplate, name, mimeType })),
  };
}

async function readResource({ uri }: JsonObject, client: Client, signal: AbortSignal): Promise<Json> {
  const { contents } = await client.readResource(
    { uri: textOf(uri) },
    { signal, timeout: NEVER_MS, cacheMode: "bypass" },
  );
  const text = contents.flatMap((content) => ("text" in content ? [content.text] : [])).join("\n");
  return { text, contents: contents as readonly JsonObject[] };
}

interface PromptReading {
  readonly args: JsonObject;
  readonly client: Client;
  readonly signal: AbortSignal;
}

async function getPrompt(name: string, { args, client, signal }: PromptReading): Promise<Json> {
  const given = Object.fromEntries(Object.entries(args).map(([key, value]) => [key, textOf(value)]));
  const { messages } = await client.getPrompt({ name, arguments: given }, { signal, timeout: NEVER_MS });
  const text = messages.flatMap(({ content }) => (content.type === "text" ? [content.text] : [])).join("\n");
  return { text, messages: messages as unknown as readonly JsonObject[] };
}

/** The arguments fit the schemas above, which know texts only. */
function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
