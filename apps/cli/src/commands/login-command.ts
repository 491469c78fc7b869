/** `agentmesh login`: a person signs in to a server, once. The page is shown, never opened: it is the server who names it. */
import { suggestion } from "@agentmesh/core";
import { letSignIn, listenForSignIn, McpToolSource } from "@agentmesh/mcp";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { count } from "../progress/event-line.ts";
import { statusMark } from "../progress/status-mark.ts";
import { loadSettings } from "../session.ts";
import { stopSignal } from "../stop-signal.ts";

/** A person may have to look for their password. */
const SIGN_IN_MS = 600_000;

export async function loginCommand(call: CommandCall): Promise<number> {
  const { output } = call;
  const [server = ""] = call.operands;
  const { mcpServers } = (await loadSettings(call)).config;
  const written = Object.hasOwn(mcpServers, server) ? mcpServers[server] : undefined;
  if (written === undefined)
    throw new UsageError(`No server is named "${server}".`, suggestion(server, Object.keys(mcpServers)));
  if (written.transport !== "http" || written.oauth?.grant !== "authorization_code")
    throw new UsageError(`Nobody signs in to "${server}".`, `It would say so under mcpServers.${server}.auth.oauth.`);
  const config = { ...written, startTimeoutMs: SIGN_IN_MS };
  await using listener = await listenForSignIn({
    port: written.oauth.redirectPort,
    show: (page) => {
      output.warn(`Open this page in your browser to sign in to ${server} (it is of ${page.origin}):`);
      output.warn(page.href);
    },
  });
  await letSignIn(config, listener);
  const source = new McpToolSource({ server, config });
  try {
    const { state, tools, error } = await source.connect(stopSignal());
    if (error !== undefined) throw error;
    if (output.isJson) output.document({ server, state, tools });
    else output.resultLine(statusMark("ok"), ` signed in to ${server}: ${count(tools, "tool")}`);
  } finally {
    await source.close();
  }
  return EXIT.ok;
}
