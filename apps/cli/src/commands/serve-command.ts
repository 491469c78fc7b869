/** `agentmesh serve`: this mesh over HTTP, until it is told to stop. */
import { once } from "node:events";
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { loadSettings } from "../session.ts";
import { stopSignal } from "../stop-signal.ts";
import { version } from "../version.ts";

const PORT_MAX = 65_535;

export async function serveCommand(call: CommandCall): Promise<number> {
  const { options, output } = call;
  const port = portOf(options.get("port")?.at(-1));
  const stopping = stopSignal();
  const loaded = await loadSettings(call);
  const { startHttpServer } = await import("@agentmesh/server");
  const host = options.get("host")?.at(-1);
  const server = await startHttpServer(loaded, { version, host, port, isOpen: options.has("open") });
  if (output.isJson) output.jsonLine({ type: "server.listening", url: server.url, mcp: `${server.url}/mcp` });
  else output.say("MCP at ", { style: "bold", text: `${server.url}/mcp` }, ". Stop it with Ctrl-C.");
  if (!stopping.aborted) await once(stopping, "abort");
  output.say("Stopping.");
  await server.stop();
  return EXIT.ok;
}

/** Throws UsageError. */
function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : PORT_MAX + 1;
  if (port > PORT_MAX)
    throw new UsageError(`"${text}" is no port.`, `Give a number up to ${PORT_MAX}; 0 is any that is free.`);
  return port;
}
