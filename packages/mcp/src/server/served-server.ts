/** One server of the SDK for one principal: a request of today, or a connection of 2025. */
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/server/validators/cf-worker";
import type { McpServer, ServerCapabilities } from "@modelcontextprotocol/server";
import { TASKS_EXTENSION } from "./client-abilities.ts";
import { HeaderCheckingServer } from "./header-checking-server.ts";
import type { McpService, ServedChange, ServedTool } from "./mcp-service.ts";
import { answerPrompts } from "./prompt-requests.ts";
import { protocolError } from "./protocol-fault.ts";
import { answerResources } from "./resource-requests.ts";
import { type SdkServer, type Serving, servingOf, type ServingParts } from "./serving.ts";
import { answerTasks } from "./task-requests.ts";
import { answerTools } from "./tool-requests.ts";

/** How often a call may ask its client of 2025 for something. */
const INPUT_ROUNDS_MAX = 64;
/** How long one question may wait for a client of 2025, in milliseconds. */
const INPUT_MS_MAX = 3_600_000;
/** Resources of one connection. */
const SUBSCRIBED_MAX = 1_000;
/** The protocol allows no more. */
const COMPLETIONS_MAX = 100;

/** `callable`: of a server for one request, the tools that it may call. */
export function servedServer(parts: ServingParts, callable?: readonly ServedTool[]): McpServer {
  const { service, seal } = parts;
  const served = new HeaderCheckingServer(
    { ...service.identity },
    {
      capabilities: capabilitiesOf(service),
      ...(service.instructions === undefined ? {} : { instructions: service.instructions }),
      // The default compiles schemas to code.
      jsonSchemaValidator: new CfWorkerJsonSchemaValidator(),
      inputRequired: { maxRounds: INPUT_ROUNDS_MAX, roundTimeoutMs: INPUT_MS_MAX },
      requestState: { verify: seal.verify },
    },
  );
  if (callable !== undefined) served.callable = callable;
  const serving = servingOf(served.server, parts);
  answerTools(serving, callable);
  if (service.resources !== undefined) answerResources(serving, service.resources);
  if (service.prompts !== undefined) answerPrompts(serving, service.prompts);
  if (service.tasks !== undefined) answerTasks(serving, service.tasks);
  answerCompletions(serving);
  return served;
}

/** Tells a client that stays connected what changes; stops with the connection. `uris`: of a client of 2025, what it asked for. */
export function tellChanges({ server }: McpServer, service: McpService, { tenant, uris }: ChangeInterest): void {
  const stop = service.onChange(tenant, (change) => {
    tell(server, change, uris).catch(() => undefined); // it has just gone
  });
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  server.onclose = stop;
}

/** What a client of 2025 wants to hear of: filled as it asks. */
export function followSubscriptions({ server }: McpServer): ReadonlySet<string> {
  const uris = new Set<string>();
  if (server.getCapabilities().resources === undefined) return uris;
  server.setRequestHandler("resources/subscribe", ({ params: { uri } }) => {
    if (uris.size < SUBSCRIBED_MAX) uris.add(uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params: { uri } }) => {
    uris.delete(uri);
    return {};
  });
  return uris;
}

export interface ChangeInterest {
  readonly tenant: string;
  readonly uris?: ReadonlySet<string>;
}

async function tell(server: SdkServer, change: ServedChange, uris: ReadonlySet<string> | undefined): Promise<void> {
  if (change.kind === "tools") await server.sendToolListChanged();
  else if (change.kind === "prompts") await server.sendPromptListChanged();
  else if (change.kind === "resources") await server.sendResourceListChanged();
  else if (uris === undefined || uris.has(change.uri)) await server.sendResourceUpdated({ uri: change.uri });
}

function capabilitiesOf({ resources, prompts, completions, tasks, hasLogs }: McpService): ServerCapabilities {
  return {
    tools: { listChanged: true },
    ...(resources === undefined ? {} : { resources: { listChanged: true, subscribe: true } }),
    ...(prompts === undefined ? {} : { prompts: { listChanged: true } }),
    ...(completions === undefined ? {} : { completions: {} }),
    ...(hasLogs === true ? { logging: {} } : {}),
    ...(tasks === undefined ? {} : { extensions: { [TASKS_EXTENSION]: {} } }),
  };
}

function answerCompletions({ server, service, request }: Serving): void {
  const { completions } = service;
  if (completions === undefined) return;
  server.setRequestHandler("completion/complete", async ({ params }, context) => {
    try {
      const { ref, argument } = params;
      const values = await completions.complete({ ref: { ...ref }, argument }, request(context));
      const shown = values.slice(0, COMPLETIONS_MAX);
      return { completion: { values: [...shown], total: values.length, hasMore: shown.length < values.length } };
    } catch (error) {
      throw protocolError(error);
    }
  });
}
