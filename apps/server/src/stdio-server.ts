/** MCP over standard input and output: for a host that starts this process, speaks with it, and ends it by closing its input. */
import { serveOverStdio } from "@agentmesh/mcp/server";
import type { LoadedConfig } from "@agentmesh/runtime";
import { atMost } from "./closing-time.ts";
import { servedService } from "./served-service.ts";
import { TenantMeshes } from "./tenant-meshes.ts";

/**
 * How long runs and servers have to end by themselves once nobody speaks any more, in milliseconds: a host waits two seconds.
 * What has not stopped by then is in the store and can be resumed.
 */
const CLOSING_MS_MAX = 1_400;

export interface StdioServerOptions {
  readonly version: string;
  /** Told what breaks the protocol; never on standard output. */
  readonly onFault: (error: Error) => void;
  /** Aborted when the process is to end in another way. */
  readonly signal: AbortSignal;
}

/** Resolves when it is over: everything that a call began is cancelled, or was given up on. Throws ConfigError, StoreError. */
export async function serveMeshOverStdio(loaded: LoadedConfig, options: StdioServerOptions): Promise<void> {
  const { version, onFault, signal } = options;
  const meshes = new TenantMeshes(loaded);
  const service = servedService(loaded, meshes, { version });
  const principal = { tenant: loaded.config.tenant, subject: "local", scopes: [] };
  const serving = serveOverStdio(service, { principal, onFault });
  const aborted = Promise.withResolvers<void>();
  if (signal.aborted) aborted.resolve();
  signal.addEventListener("abort", () => aborted.resolve(), { once: true });
  await Promise.race([serving.ended, aborted.promise]);
  await atMost(CLOSING_MS_MAX, async () => {
    await serving.close();
    await meshes[Symbol.asyncDispose]();
  });
}
