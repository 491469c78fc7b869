/** `agentmesh mcp`: this mesh as an MCP server over standard input and output, for the host that starts it. */
import { UsageError } from "../arguments/usage-error.ts";
import type { CommandCall } from "../command-call.ts";
import { EXIT } from "../exit-code.ts";
import { loadSettings } from "../session.ts";
import { stopSignal } from "../stop-signal.ts";
import { version } from "../version.ts";

export async function mcpCommand(call: CommandCall): Promise<number> {
  const { output } = call;
  if (output.isJson)
    throw new UsageError("Standard output belongs to the protocol here.", "Leave out --json: it is JSON in any case.");
  const loaded = await loadSettings(call);
  const { serveMeshOverStdio } = await import("@agentmesh/server");
  await serveMeshOverStdio(loaded, {
    version,
    signal: stopSignal(),
    onFault: (error) => {
      if (output.isVerbose) output.warn(error.message);
    },
  });
  // Whoever started it waits for the end: nothing that is still open may hold it up.
  process.exit(EXIT.ok);
}
