/** MCP over standard input and output, for whoever started this process. Ends when standard input does. */
import { once } from "node:events";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import type { McpService, Principal } from "./mcp-service.ts";
import { RequestSeal } from "./request-seal.ts";
import { followSubscriptions, servedServer, tellChanges } from "./served-server.ts";

export interface StdioServing {
  /** Resolves when nobody speaks any more. */
  readonly ended: Promise<void>;
  readonly close: () => Promise<void>;
}

export interface StdioServingOptions {
  readonly principal: Principal;
  /** Told of what breaks the protocol. */
  readonly onFault?: (error: Error) => void;
}

export function serveOverStdio(service: McpService, { principal, onFault }: StdioServingOptions): StdioServing {
  const principalOf = (): Principal => principal;
  const seal = new RequestSeal(undefined, principalOf);
  const listening = new AbortController();
  const { signal } = listening;
  const ended = Promise.race([
    once(process.stdin, "end", { signal }),
    once(process.stdin, "close", { signal }),
    once(process.stdout, "close", { signal }),
  ]).then(
    () => listening.abort(),
    () => listening.abort(), // closed, or broken: nobody speaks any more either way
  );
  const handle = serveStdio(
    ({ era }) => {
      const server = servedServer({ service, seal, principalOf });
      const interest = era === "legacy" ? { uris: followSubscriptions(server) } : {};
      tellChanges(server, service, { tenant: principal.tenant, ...interest });
      return server;
    },
    onFault === undefined ? {} : { onerror: onFault },
  );
  return {
    ended,
    close: async () => {
      listening.abort();
      await handle.close();
    },
  };
}
