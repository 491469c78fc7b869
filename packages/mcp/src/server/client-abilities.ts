/** What a client has said that it can do: with each request since 2026, before that when it connected. */
import { isJson, isJsonObject, type JsonObject } from "@agentmesh/core";
import { CLIENT_CAPABILITIES_META_KEY, type ServerContext } from "@modelcontextprotocol/server";
import type { ClientAbilities } from "./mcp-service.ts";
import type { SdkServer } from "./serving.ts";

export const TASKS_EXTENSION = "io.modelcontextprotocol/tasks";

export function clientAbilities(server: SdkServer, { mcpReq }: ServerContext): ClientAbilities {
  const envelope: Readonly<Record<string, unknown>> | undefined = mcpReq.envelope;
  // oxlint-disable-next-line typescript/no-deprecated -- deprecated for today's revision, the only way for those before
  const connected = envelope === undefined ? server.getClientCapabilities() : undefined;
  const said = objectOf(envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? connected);
  const elicitation = said["elicitation"];
  const modes = objectOf(elicitation);
  return {
    // Before there were modes, `elicitation: {}` meant forms.
    form: elicitation !== undefined && (modes["form"] !== undefined || modes["url"] === undefined),
    url: modes["url"] !== undefined,
    sampling: said["sampling"] !== undefined,
    // The extension belongs to the revision with envelopes.
    tasks: envelope !== undefined && objectOf(said["extensions"])[TASKS_EXTENSION] !== undefined,
  };
}

function objectOf(value: unknown): JsonObject {
  return isJson(value) && isJsonObject(value) ? value : {};
}
