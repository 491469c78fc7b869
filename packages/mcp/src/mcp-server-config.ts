/**
 * One entry of `mcpServers` in the configuration: the shape that other MCP hosts use, so that an existing block can be
 * pasted in, plus what AgentMesh adds. Parsed once; the result says which of the two transports it is.
 */
import { ToolEffect } from "@agentmesh/core";
import * as z from "@agentmesh/core/zod";
import { OAuthConfig } from "./auth/oauth-config.ts";
import { NetworkConfig } from "./http/network-policy.ts";
import { ClientTlsConfig } from "./http/tls-config.ts";

export const DEFAULT_CALL_TIMEOUT_MS = 60_000;
const DEFAULT_START_TIMEOUT_MS = 30_000;
export const DEFAULT_OUTPUT_BYTES_MAX = 8 * 1024 * 1024;
/** A day: the longest timeout, in milliseconds. */
const TIMEOUT_MS_MAX = 86_400_000;
const DEFAULT_CONNECTIONS_MAX = 16;
const CONNECTIONS_MAX = 1_000;
const DEFAULT_IDLE_TIMEOUT_MS = 300_000;
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

const TimeoutMs = z.int().positive().max(TIMEOUT_MS_MAX);

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Of RFC 9110, without obsolete text: what fetch sends. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

const ToolOverride = z
  .strictObject({
    effect: ToolEffect.describe("What a call may do to the world, whatever the server says.").optional(),
    timeoutMs: TimeoutMs.optional(),
  })
  .describe("What the operator knows better about one tool.");

const Tools = z.strictObject({
  allow: z.array(z.string()).optional().describe("Only these tools, by the server's own names."),
  deny: z.array(z.string()).default([]).describe("Never these tools."),
  overrides: z.record(z.string(), ToolOverride).default({}),
});

const Fields = z.strictObject({
  type: z.string().optional().describe("As other hosts write it; read off the other keys when absent."),
  command: z.string().min(1).optional().describe("The program of a server that speaks MCP over stdio."),
  args: z.array(z.string()).optional(),
  env: z.record(z.string(), z.string()).optional().describe("Added to a short list of harmless variables."),
  cwd: z.string().min(1).optional(),
  url: z.url({ protocol: /^https?$/, error: "Give an http or https URL." }).optional(),
  headers: z
    .record(z.string().regex(HEADER_NAME, "Not the name of an HTTP header."), z.string().regex(HEADER_VALUE))
    .optional(),
  auth: z
    .strictObject({ bearer: z.string().min(1).regex(HEADER_VALUE).optional(), oauth: OAuthConfig.optional() })
    .refine(({ bearer, oauth }) => (bearer === undefined) !== (oauth === undefined), 'Give "bearer" or "oauth".')
    .optional(),
  network: NetworkConfig.optional(),
  tls: ClientTlsConfig.optional(),
  trust: z
    .strictObject({
      annotations: z.boolean().default(false).describe("Whether what it says of its tools' effects is believed."),
      context: z
        .boolean()
        .default(false)
        .describe("Whether it is told which run calls it, for whom, and how much that run may still use up."),
    })
    .prefault({}),
  timeoutMs: TimeoutMs.default(DEFAULT_CALL_TIMEOUT_MS).describe(
    "Of a call; starts anew when the tool reports progress.",
  ),
  startTimeoutMs: TimeoutMs.default(DEFAULT_START_TIMEOUT_MS).describe("From the start to the list of tools."),
  outputBytesMax: z
    .int()
    .positive()
    .max(OUTPUT_BYTES_MAX)
    .default(DEFAULT_OUTPUT_BYTES_MAX)
    .describe("Of one tool result."),
  outputSchema: z
    .enum(["strict", "warn", "off"])
    .default("warn")
    .describe(
      "A result that breaks its tool's own schema: fails, is given unchecked with a warning, or is not looked at.",
    ),
  resources: z
    .boolean()
    .default(false)
    .describe("Whether its resources can be read with the tools list_resources and read_resource."),
  prompts: z.boolean().default(false).describe("Whether each of its prompts is a tool, prompt_NAME."),
  tools: Tools.prefault({}),
  roots: z
    .array(z.string().min(1))
    .default([])
    .describe("Folders that the server is told to work in. Default: it is told none."),
  scope: z
    .enum(["shared", "tenant", "run"])
    .default("shared")
    .describe("Who shares a connection: everybody, the runs of a tenant, or nobody. Give a server with a state `run`."),
  connectionsMax: z
    .int()
    .positive()
    .max(CONNECTIONS_MAX)
    .default(DEFAULT_CONNECTIONS_MAX)
    .describe("At once, where each tenant or run has its own."),
  idleTimeoutMs: TimeoutMs.optional().describe(
    "A connection that is not used for this long is closed, until the next call. Default: 5 minutes where each tenant or run has its own, else never.",
  ),
  protocol: z
    .enum(["auto", "legacy", "modern"])
    .optional()
    .describe("modern: revision 2026-07-28; legacy: what came before. Default: auto over HTTP, legacy over stdio."),
});
type Fields = z.output<typeof Fields>;

const STDIO_KEYS = ["command", "args", "env", "cwd"] as const;
const HTTP_KEYS = ["url", "headers", "auth", "network", "tls"] as const;
const STDIO_TYPES = ["stdio", "local"];
const SSE_TYPE = "sse";
const HTTP_TYPES = ["http", "streamable-http", "streamableHttp", "remote", SSE_TYPE];

interface ConfigFault {
  readonly key: string;
  readonly message: string;
}

/** What the keys say together; each alone is fine already. */
function faultsOf(fields: Fields): readonly ConfigFault[] {
  if (fields.command === undefined && fields.url === undefined) {
    return [
      { key: "command", message: 'Give "command" (a program that speaks MCP over stdio) or "url" (MCP over HTTP).' },
    ];
  }
  if (fields.command !== undefined && fields.url !== undefined) {
    return [{ key: "url", message: 'Give either "command" or "url", not both.' }];
  }
  const isHttp = fields.url !== undefined;
  const foreign = (isHttp ? STDIO_KEYS : HTTP_KEYS).filter((key) => fields[key] !== undefined);
  const misplaced = foreign.map((key) => ({
    key,
    message: `"${key}" belongs to a server that is ${isHttp ? 'started with a "command"' : 'reached at a "url"'}.`,
  }));
  return [...misplaced, ...typeFaults(fields.type, isHttp)];
}

function typeFaults(type: string | undefined, isHttp: boolean): readonly ConfigFault[] {
  if (type === undefined || (isHttp ? HTTP_TYPES : STDIO_TYPES).includes(type)) return [];
  const key = "type";
  return [
    {
      key,
      message: `Not the type of a server with a "${isHttp ? "url" : "command"}": use "${isHttp ? "http" : "stdio"}".`,
    },
  ];
}

/** Both kinds share these. */
function sharedOf({ trust, timeoutMs, startTimeoutMs, outputBytesMax, tools, ...fields }: Fields) {
  const { outputSchema, resources, prompts, roots, scope, connectionsMax } = fields;
  const idleTimeoutMs = fields.idleTimeoutMs ?? (scope === "shared" ? undefined : DEFAULT_IDLE_TIMEOUT_MS);
  const calls = { trust, timeoutMs, startTimeoutMs, outputBytesMax, outputSchema, resources, prompts, tools, roots };
  return { ...calls, scope, connectionsMax, idleTimeoutMs };
}

export const McpServerConfig = Fields.superRefine((fields, context) => {
  for (const { key, message } of faultsOf(fields)) context.addIssue({ code: "custom", path: [key], message });
}).transform((fields) => {
  const { command = "", args = [], env = {}, cwd, url, headers = {}, auth } = fields;
  return url === undefined
    ? {
        transport: "stdio" as const,
        command,
        args,
        env,
        cwd,
        protocol: fields.protocol ?? "legacy",
        ...sharedOf(fields),
      }
    : {
        transport: "http" as const,
        url,
        headers,
        bearer: auth?.bearer,
        oauth: auth?.oauth,
        network: NetworkConfig.parse(fields.network ?? {}),
        tls: fields.tls,
        /** HTTP+SSE, which only older servers speak. */
        isSse: fields.type === SSE_TYPE,
        protocol: fields.type === SSE_TYPE ? ("legacy" as const) : (fields.protocol ?? "auto"),
        ...sharedOf(fields),
      };
});
/** A parsed entry; `transport` tells the kinds apart. Its strings may be secrets: never shown as a whole. */
export type McpServerConfig = z.output<typeof McpServerConfig>;
/** What a user writes. */
export type McpServerConfigInput = z.input<typeof McpServerConfig>;
