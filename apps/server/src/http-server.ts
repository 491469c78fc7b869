/** The HTTP server: `/mcp` and `/healthz`. By default for this machine alone. */
import { once } from "node:events";
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { McpEndpoint, ResourceServer, serverTlsMaterial } from "@agentmesh/mcp/server";
import type { LoadedConfig } from "@agentmesh/runtime";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { atMost } from "./closing-time.ts";
import { ListenError } from "./listen-error.ts";
import { servedService } from "./served-service.ts";
import { TenantMeshes } from "./tenant-meshes.ts";

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);
/** As requests name them. */
const LOCAL_NAMES = ["localhost", "127.0.0.1", "[::1]"];
/** How long what is being answered has to end by itself, in milliseconds. */
const DRAIN_MS_MAX = 10_000;
/** Of a request's headers and of its whole, in milliseconds: who is slower than that is not asking. */
const HEADERS_MS_MAX = 10_000;
const REQUEST_MS_MAX = 60_000;

/** Connections that may wait to be taken: many clients come at once after a restart. The system may allow fewer. */
const BACKLOG = 4_096;

export interface HttpServerOptions {
  readonly version: string;
  /** Over those of the configuration. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Listens where others reach it although nobody is asked who they are. */
  readonly isOpen?: boolean;
}

export interface HttpServer {
  /** `http://127.0.0.1:7420` */
  readonly url: string;
  /** Takes no more requests, cancels what is under way, closes everything. */
  readonly stop: () => Promise<void>;
}

/** What was under way when its process died goes on. Throws ConfigError, StoreError, ListenError, TlsMaterialError. */
export async function startHttpServer(loaded: LoadedConfig, options: HttpServerOptions): Promise<HttpServer> {
  const { serve, tenant } = loaded.config;
  const place = { host: options.host ?? serve.host, port: options.port ?? serve.port };
  const isGuarded = serve.auth !== undefined || serve.tls?.clientCa !== undefined;
  if (!LOOPBACK.has(place.host) && !isGuarded && options.isOpen !== true) throw new ListenError(place, "open");
  const meshes = new TenantMeshes(loaded);
  const service = servedService(loaded, meshes, { version: options.version, isRecovering: true });
  const endpoint = new McpEndpoint(service, {
    hosts: [...LOCAL_NAMES, place.host, ...serve.hosts],
    origins: [...LOCAL_NAMES, ...serve.origins],
    key: serve.secret,
  });
  const server = serverOf(loaded);
  const url = urlOf(loaded, place.host, await listening(server, place));
  const resource = `${serve.url ?? url}/mcp`;
  const guard = serve.auth === undefined ? undefined : new ResourceServer({ config: serve.auth, resource, tenant });
  const app = application(endpoint, { version: options.version, guard, tenant });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  server.on("request", (request, response) => void listener(request, response));
  const stop = async (): Promise<void> => {
    server.close();
    await endpoint.close();
    await atMost(DRAIN_MS_MAX, () => meshes[Symbol.asyncDispose]());
    server.closeAllConnections();
  };
  try {
    // Those of other tenants go on when they first ask.
    await service.open(tenant);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

interface Application {
  readonly version: string;
  /** Absent: everybody who reaches it is the configured tenant. */
  readonly guard: ResourceServer | undefined;
  readonly tenant: string;
}

function application(endpoint: McpEndpoint, { version, guard, tenant }: Application): Hono {
  const app = new Hono();
  app.get("/healthz", (context) => context.json({ status: "ok", version }));
  if (guard !== undefined) app.get(guard.metadataUrl.pathname, () => guard.metadata());
  app.all("/mcp", async ({ req: { raw } }) => {
    if (guard === undefined) return endpoint.fetch(raw, { tenant, subject: "local", scopes: [] });
    const { principal, response } = await guard.authenticate(raw);
    return response ?? endpoint.fetch(raw, principal);
  });
  app.notFound((context) => context.json({ error: "There is nothing here. MCP is at /mcp." }, 404));
  // What went wrong is nobody's business who asks.
  app.onError((_error, context) => context.json({ error: "Internal error" }, 500));
  return app;
}

function urlOf({ config: { serve } }: LoadedConfig, host: string, port: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${serve.tls === undefined ? "http" : "https"}://${name}:${port}`;
}

/** Throws TlsMaterialError. */
function serverOf({ config: { serve } }: LoadedConfig): Server {
  const limits = { headersTimeout: HEADERS_MS_MAX, requestTimeout: REQUEST_MS_MAX };
  if (serve.tls === undefined) return createPlainServer(limits);
  return createTlsServer({ ...limits, ...serverTlsMaterial(serve.tls), minVersion: "TLSv1.2" });
}

/** The port. Throws ListenError. */
async function listening(server: Server, place: { readonly host: string; readonly port: number }): Promise<number> {
  server.listen({ ...place, backlog: BACKLOG });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new ListenError(place, (error as NodeJS.ErrnoException).code ?? "unknown");
  }
  return (server.address() as AddressInfo).port;
}
